import { directoryEntry, entryReply } from './fuse/protocol.ts';
import type { ObjectTree, ObjectTreeEntry, TreeNode } from './object-tree.ts';

/** Stands for the number of a file that the kernel has not been told of. */
const UNKNOWN_ID = 0xffff_ffff;
/** Above so many nodes a listing tells names only, so that a huge directory does not stay in memory. */
const KNOWN_LIMIT = 200_000;

/** One open directory: reads its listing on as the job reads the directory. */
export class DirectoryReader {
  readonly #tree: ObjectTree;
  readonly #directory: TreeNode;
  #entries: AsyncGenerator<ObjectTreeEntry> | undefined;
  /** The next entry, and its place. */
  #next: ObjectTreeEntry | undefined;
  #place = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(tree: ObjectTree, directory: TreeNode) {
    this.#tree = tree;
    this.#directory = directory;
  }

  /**
   * The names from a place on, as many as there is room for; none at the end.
   *
   * @param plus with what each file is
   */
  read(offset: number, roomBytes: number, plus: boolean): Promise<Buffer[]> {
    const read = this.#turn.then(() => this.#read(offset, roomBytes, plus));
    this.#turn = read.catch(() => undefined);
    return read;
  }

  /** Ends the listing. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#entries?.return(undefined);
  }

  async #read(offset: number, roomBytes: number, plus: boolean): Promise<Buffer[]> {
    await this.#seek(offset);
    const pieces: Buffer[] = [];
    let room = roomBytes;
    while (this.#next !== undefined) {
      const size = (plus ? 128 : 0) + 24 + Math.ceil(Buffer.byteLength(this.#next.name) / 8) * 8;
      if (size > room) break;
      room -= size;
      pieces.push(...this.#pieces(this.#next, plus));
      await this.#advance();
    }
    return pieces;
  }

  #pieces(entry: ObjectTreeEntry, plus: boolean): Buffer[] {
    const node =
      plus && this.#tree.known < KNOWN_LIMIT ? this.#tree.learn(this.#directory.id, entry) : undefined;
    const name = directoryEntry(entry.name, node?.id ?? UNKNOWN_ID, entry.directory, this.#place + 1);
    return plus ? [entryReply(node), name] : [name];
  }

  async #seek(offset: number): Promise<void> {
    if (!this.#entries || offset < this.#place) {
      await this.#entries?.return(undefined);
      this.#entries = this.#tree.list(this.#directory);
      this.#place = -1;
      await this.#advance();
    }
    while (this.#place < offset && this.#next !== undefined) await this.#advance();
  }

  async #advance(): Promise<void> {
    const { done, value } = await (this.#entries as AsyncGenerator<ObjectTreeEntry>).next();
    this.#next = done ? undefined : value;
    this.#place++;
  }
}
