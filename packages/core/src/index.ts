/** Tensors, trees, differentiable and batched programs, compiled to WebAssembly. */
export {};
