import type { ObjectStore } from '../../objects/index.ts';
import type { TreeNode } from './object-tree.ts';
import { OrderlyCheck } from './orderly-check.ts';
import type { BudgetHolder, ReadBudget } from './read-budget.ts';
import { ReadWindow } from './read-window.ts';

const MIB = 1024 * 1024;
/** A window is as long as what was read in order before it, within these bounds. */
const WINDOW_BYTES = { least: MIB, most: 8 * MIB };
/** Less than this, read in order, may be one large read at random, which the kernel asks for in parts. */
const ORDERLY_BYTES = MIB / 2;
/** Windows on their way before the reader, and from how many bytes read in order on. */
const AHEAD = [
  { fromBytes: 4 * MIB, windows: 3 },
  { fromBytes: 2 * MIB, windows: 1 },
];
/** So far behind the place that was read last, bytes are kept: requests of one reader overtake each other. */
const KEPT_BEHIND_BYTES = MIB;

/** What to read. */
export interface ObjectReaderOptions {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Its ETag is known. */
  readonly node: TreeNode;
  readonly budget: ReadBudget;
}

/**
 * One open file: reads ahead, in windows that grow, while it is read in order, and else exactly the ranges that are
 * asked for. All bytes are of the version that was opened.
 */
export class ObjectReader implements BudgetHolder {
  readonly #options: ObjectReaderOptions;
  #windows: ReadWindow[] = [];
  /** Where a reader in order goes on, and what it has read so far; from the beginning counts as in order. */
  #expected = 0;
  #orderlyBytes = ORDERLY_BYTES;
  #closed = false;
  readonly #check: OrderlyCheck;
  readonly #stop = new AbortController();

  constructor(options: ObjectReaderOptions) {
    this.#options = options;
    const { store, bucket, node } = options;
    this.#check = new OrderlyCheck(node.size, async () =>
      store.openVerifier?.(bucket, node.key, {
        etag: node.etag ?? '',
        size: node.size,
        signal: this.#stop.signal,
      }),
    );
  }

  /** The bytes of a range, fewer only at the end of the object. @throws SluiceError that names the object */
  async read(offset: number, size: number): Promise<Uint8Array[]> {
    const end = Math.min(offset + size, this.#options.node.size);
    if (offset >= end) return [];
    this.#options.budget.touch(this);
    const [pieces] = await Promise.all([this.#bytes(offset, end), this.#prepareCheck(offset)]);
    this.#check.take(offset, pieces);
    for (const window of this.#windows) this.#check.take(window.start, window.pieces);
    if (end === this.#options.node.size) await this.#check.end();
    return pieces;
  }

  /** What is not read from its beginning on is not verified, and costs no request for it. */
  async #prepareCheck(offset: number): Promise<void> {
    const { size } = this.#options.node;
    if (offset === 0 && size > WINDOW_BYTES.least) await this.#check.ready();
  }

  async #bytes(offset: number, end: number): Promise<Uint8Array[]> {
    const covering = this.#cover(offset, end);
    if (!covering) return this.#readPlain(offset, end);
    try {
      const parts = covering.map((window) =>
        window.read(Math.max(offset, window.start), Math.min(end, window.end)),
      );
      return (await Promise.all(parts)).flat();
    } catch (error) {
      if (this.#closed || !covering.some((window) => window.aborted)) throw error;
      return this.#readPlain(offset, end);
    }
  }

  /** Ends all transfers. */
  close(): void {
    this.#closed = true;
    this.#stop.abort();
    this.releaseAhead();
    this.#options.budget.leave(this);
  }

  releaseAhead(): void {
    this.#drop(this.#windows);
  }

  /** The windows that hold a range; undefined where it is read by itself. */
  #cover(offset: number, end: number): ReadWindow[] | undefined {
    const inOrder = offset >= this.#expected - KEPT_BEHIND_BYTES && offset <= this.#expected;
    const held = (this.#windows[0]?.start ?? Infinity) <= offset && (this.#windows.at(-1)?.end ?? 0) > offset;
    if (!inOrder && !held) {
      this.#orderlyBytes = 0;
      this.#expected = end;
      this.releaseAhead();
      return undefined;
    }
    this.#orderlyBytes += Math.max(0, end - this.#expected);
    this.#expected = Math.max(this.#expected, end);
    this.#drop(this.#windows.filter((window) => window.end <= offset - KEPT_BEHIND_BYTES));
    if (!held && (this.#windows.length > 0 || this.#orderlyBytes < ORDERLY_BYTES)) return undefined;
    this.#readAhead(offset, end);
    if ((this.#windows.at(-1)?.end ?? 0) < end) return undefined;
    return this.#windows.filter((window) => window.start < end && window.end > offset);
  }

  /** Opens windows until the range is covered and enough are on their way. */
  #readAhead(offset: number, end: number): void {
    const { node, budget } = this.#options;
    const wanted = AHEAD.find(({ fromBytes }) => this.#orderlyBytes >= fromBytes)?.windows ?? 0;
    const length = Math.min(WINDOW_BYTES.most, Math.max(WINDOW_BYTES.least, this.#orderlyBytes));
    while (!this.#closed) {
      const start = this.#windows.at(-1)?.end ?? offset;
      const ahead = this.#windows.filter((window) => window.start > offset).length;
      if (start >= node.size || (start >= end && ahead >= wanted)) return;
      const bytes = Math.min(Math.max(length, end - start), node.size - start);
      if (!budget.take(this, bytes)) return;
      this.#windows.push(new ReadWindow(start, start + bytes, (...range) => this.#fetch(...range)));
    }
  }

  #drop(windows: readonly ReadWindow[]): void {
    for (const window of windows) {
      window.abort();
      this.#options.budget.give(window.end - window.start);
    }
    this.#windows = this.#windows.filter((window) => !windows.includes(window));
  }

  async #readPlain(start: number, end: number): Promise<Uint8Array[]> {
    return Array.fromAsync(this.#fetch(start, end));
  }

  async *#fetch(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { store, bucket, node } = this.#options;
    // Of a whole object the store itself holds the bytes against the checksum.
    const isWhole = start === 0 && end === node.size;
    const { body } = await store.get(bucket, node.key, {
      ...(!isWhole && { range: { start, end: end - 1 } }),
      size: node.size,
      ...(node.etag !== undefined && { ifMatch: node.etag }),
      ...(signal && { signal }),
    });
    yield* body;
  }
}
