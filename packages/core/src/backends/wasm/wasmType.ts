/* The value types of WebAssembly, by their byte. */
export const i32 = 0x7f;
export const i64 = 0x7e;
export const f32 = 0x7d;
export const f64 = 0x7c;
export const v128 = 0x7b;
export type WasmType = typeof i32 | typeof i64 | typeof f32 | typeof f64 | typeof v128;
