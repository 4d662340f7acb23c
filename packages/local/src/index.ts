/** Local learning rules: Oja, Sanger. */
export {};
