/** Loaders for the small public data sets that the examples and tests use. */
export {};
