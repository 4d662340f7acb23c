/** Distributions, a typed model language, NUTS and its diagnostics. */
export {};
