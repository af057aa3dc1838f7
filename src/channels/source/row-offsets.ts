/** Rows of one part of the index. */
const PART_ROWS = 65_536;

/** Where rows begin in a file: 4 bytes for each, in parts that are never copied when more are added. */
export class RowOffsets {
  readonly #parts: { readonly base: number; readonly offsets: Uint32Array }[] = [];
  #length = 0;

  /** Offsets only grow; a row is shorter than 64 KiB on average. */
  push(offset: number): void {
    const within = this.#length % PART_ROWS;
    if (within === 0) this.#parts.push({ base: offset, offsets: new Uint32Array(PART_ROWS) });
    const part = this.#partOf(this.#length);
    const relative = offset - part.base;
    if (relative > 0xffffffff) throw new RangeError('The entries of a list are too long for its index.');
    part.offsets[within] = relative;
    this.#length++;
  }

  at(index: number): number {
    const { base, offsets } = this.#partOf(index);
    return base + (offsets[index % PART_ROWS] as number);
  }

  get length(): number {
    return this.#length;
  }

  #partOf(index: number): { readonly base: number; readonly offsets: Uint32Array } {
    const part = this.#parts[Math.floor(index / PART_ROWS)];
    if (!part || index >= this.#length + 1) throw new RangeError(`There is no row ${index}.`);
    return part;
  }
}
