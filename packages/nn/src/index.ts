/** Neural network layers as values, losses and a training loop. */
export {};
