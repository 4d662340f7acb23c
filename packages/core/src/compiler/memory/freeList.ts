interface Gap {
  readonly offset: number;
  readonly bytes: number;
}

/** Free places of one memory by address, neighbours merged. */
export class FreeList {
  readonly #gaps: Gap[];
  constructor(...gaps: Gap[]) {
    this.#gaps = gaps;
  }

  /** Takes the first place that is large enough; undefined if there is none. */
  allocate(bytes: number): number | undefined {
    const i = this.#gaps.findIndex((gap) => gap.bytes >= bytes);
    if (i < 0) return undefined;
    const gap = this.#gaps[i];
    if (gap.bytes === bytes) this.#gaps.splice(i, 1);
    else this.#gaps[i] = { offset: gap.offset + bytes, bytes: gap.bytes - bytes };
    return gap.offset;
  }

  release(offset: number, bytes: number): void {
    const gaps = this.#gaps;
    let i = 0;
    for (let above = gaps.length; i < above;) {
      const middle = (i + above) >> 1;
      if (gaps[middle].offset < offset) i = middle + 1;
      else above = middle;
    }
    let end = offset + bytes;
    let count = 0;
    if (gaps[i]?.offset === end) {
      end += gaps[i].bytes;
      count++;
    }
    const before = gaps[i - 1];
    if (before !== undefined && before.offset + before.bytes === offset) {
      ({ offset } = before);
      i--;
      count++;
    }
    gaps.splice(i, count, { offset, bytes: end - offset });
  }
}
