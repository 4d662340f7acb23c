/** Optimisers as pure, differentiable functions, with and without gradients. */
export {};
