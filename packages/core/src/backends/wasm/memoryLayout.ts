/**
 * The one WebAssembly memory, by byte address:
 *
 *     0      reserved; kernels spill the partial results of a reduction here
 *     64 KiB resident slots: storages that stay from call to call
 *     + 64 MiB arena: the running program's address table, parameters and frame
 */
export const pageBytes: number = 65536;
/** Not 0, so that a null address shows as a fault of its own in a debugger. */
export const scratchAddress: number = 1024;
export const scratchBytes: number = pageBytes - scratchAddress;
export const residentStart: number = scratchAddress + scratchBytes;
export const residentBytes: number = 64 * 2 ** 20;
export const arenaStart: number = residentStart + residentBytes;
/** What a shared memory has to say in advance: room for the largest program. */
export const maximalPages: number = (arenaStart + 2 ** 31) / pageBytes;
