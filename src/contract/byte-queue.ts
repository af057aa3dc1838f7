/** Bytes that came in pieces and are taken in others. Each byte is copied at most once. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first `count` bytes, removed; fewer are there only by mistake of the caller. */
  take(count: number): Buffer {
    if (count > this.#length) throw new RangeError(`Only ${this.#length} of ${count} bytes are there.`);
    const first = this.#chunks[0];
    if (first && first.length >= count) {
      this.#drop(count);
      return Buffer.from(first.buffer, first.byteOffset, count);
    }
    const taken = Buffer.allocUnsafe(count);
    for (let filled = 0; filled < count; ) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = Math.min(chunk.length, count - filled);
      taken.set(chunk.subarray(0, part), filled);
      filled += part;
      this.#drop(part);
    }
    return taken;
  }

  /** The first `count` bytes, or undefined while fewer are there. */
  peek(count: number): Buffer | undefined {
    if (count > this.#length) return undefined;
    const first = this.#chunks[0];
    if (first && first.length >= count) return Buffer.from(first.buffer, first.byteOffset, count);
    const copy = this.take(count);
    this.#chunks.unshift(copy);
    this.#length += count;
    return copy;
  }

  /** Drops bytes of the first chunk. */
  #drop(count: number): void {
    const first = this.#chunks[0] as Uint8Array;
    if (count === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#length -= count;
  }
}
