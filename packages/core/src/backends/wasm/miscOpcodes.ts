/*
 * Saturating truncations and bulk memory: behind the prefix byte 0xfc.
 * Single constants, which a bundler writes into the places that use them; a table would be carried with its names.
 */
export const i32TruncSatF32S = 0;
export const i32TruncSatF32U = 1;
export const i32TruncSatF64S = 2;
export const i32TruncSatF64U = 3;
export const memoryCopy = 10;
