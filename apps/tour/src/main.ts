/** The entry of `npm run tour`; its chapters land one by one. */
export {};
