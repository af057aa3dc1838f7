import { ArchiveError, BLOCK_BYTES, padding } from './tar-header.ts';

const CUT_SHORT = 'it is cut short';

/** The bytes of an archive, taken as they are needed. */
export class BlockSource {
  readonly #source: AsyncIterator<Uint8Array>;
  #piece: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes that were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** The next block; undefined at the end. @throws ArchiveError where it ends within the block */
  async block(): Promise<Buffer | undefined> {
    if (!(await this.#fill())) return undefined;
    return this.bytes(BLOCK_BYTES);
  }

  /** So many bytes at once. */
  async bytes(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.pieces(count)) parts.push(part);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** So many bytes as they come. */
  async *pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (!(await this.#fill())) throw new ArchiveError(CUT_SHORT);
      const piece = this.#piece.subarray(0, left);
      this.#piece = this.#piece.subarray(piece.length);
      this.#taken += piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  async skip(count: number): Promise<void> {
    for await (const _piece of this.pieces(count));
  }

  /** What fills the last block of so many bytes. */
  async skipPadding(bytes: number): Promise<void> {
    await this.skip(padding(bytes));
  }

  /** All that is left. */
  async drain(): Promise<void> {
    this.#piece = Buffer.alloc(0);
    while (!(await this.#source.next()).done);
  }

  async #fill(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#source.next();
      if (done) return false;
      this.#piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    return true;
  }
}
