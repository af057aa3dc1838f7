import { SluiceError } from '../../core/errors.ts';
import { type LevelEntry, listLevel, type ObjectStore } from '../../objects/index.ts';
import { objectName } from '../source/object-name.ts';
import { ROOT_ID } from './fuse/protocol.ts';

/** A file or directory of the mount, as it was when it was first seen. */
export interface TreeNode {
  readonly id: number;
  readonly parent: number;
  readonly name: string;
  readonly directory: boolean;
  /** Of a directory: empty, or ends in `/`. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
  /** Absent where the listing has not told; it is asked for when the file is opened. */
  etag?: string;
}

/** A name in a directory that is no node yet. */
export type ObjectTreeEntry = Omit<TreeNode, 'id' | 'parent'>;

interface KnownNode extends TreeNode {
  /** How often the kernel was told of it. */
  lookups: number;
}

/**
 * The tree that `/` makes of the keys below a prefix. Only what the kernel knows is kept; what it knows stays as it
 * was, also when the object changes in the store.
 *
 * Gaps: keys with an empty component (`a//b`) are not seen.
 */
export class ObjectTree {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly #nodes = new Map<number, KnownNode>();
  readonly #byName = new Map<string, KnownNode>();
  readonly #openedMs = Date.now();
  #lastId = ROOT_ID;

  /** @param prefix empty, or ends in `/` */
  constructor(store: ObjectStore, bucket: string, prefix: string) {
    this.store = store;
    this.bucket = bucket;
    const root = { ...this.#directory('', prefix), id: ROOT_ID, parent: ROOT_ID, lookups: 1 };
    this.#nodes.set(ROOT_ID, root);
  }

  /** Nodes that the kernel knows. */
  get known(): number {
    return this.#nodes.size;
  }

  node(id: number): TreeNode | undefined {
    return this.#nodes.get(id);
  }

  /** The node of a name, which the kernel knows from now on. */
  async lookUp(parent: TreeNode, name: string): Promise<TreeNode | undefined> {
    if (objectName(name) === undefined) return undefined;
    if (this.#byName.has(nameKey(parent.id, name))) return this.#count(parent.id, name);
    const entry = await this.#find(parent, name);
    return entry && this.learn(parent.id, entry);
  }

  /** Makes a node of an entry, unless the kernel knows it already, and counts that it was told. */
  learn(parent: number, entry: ObjectTreeEntry): TreeNode {
    const known = this.#count(parent, entry.name);
    if (known) return known;
    const node = { ...entry, id: ++this.#lastId, parent, lookups: 1 };
    this.#nodes.set(node.id, node);
    this.#byName.set(nameKey(parent, entry.name), node);
    return node;
  }

  /** The kernel has taken lookups back; what it does not know any more is dropped. */
  forget(id: number, lookups: number): void {
    const node = this.#nodes.get(id);
    if (!node || id === ROOT_ID) return;
    node.lookups -= lookups;
    if (node.lookups > 0) return;
    this.#nodes.delete(id);
    this.#byName.delete(nameKey(node.parent, node.name));
  }

  /** What is in a directory, as a stream, whatever its size: a directory shadows an object of its name. */
  async *list(directory: TreeNode): AsyncGenerator<ObjectTreeEntry> {
    /** Objects `a` whose directory `a/` may still come: behind `a-b` and the like. Each begins with those before it. */
    let held: ObjectTreeEntry[] = [];
    for await (const level of listLevel(this.store, this.bucket, { prefix: directory.key })) {
      const entry = this.#entry(directory.key, level);
      if (!entry) continue;
      const shadowed = entry.directory ? entry.name : undefined;
      const still = held.filter(({ name }) => entry.name.startsWith(name) && entry.name !== name);
      yield* held.filter((each) => !still.includes(each) && each.name !== shadowed);
      held = still;
      if (entry.directory) yield entry;
      else held.push(entry);
    }
    yield* held;
  }

  async #find(parent: TreeNode, name: string): Promise<ObjectTreeEntry | undefined> {
    const key = parent.key + name;
    const [directory, head] = await Promise.all([this.#isPrefix(`${key}/`), this.#head(key)]);
    if (directory) return this.#directory(name, `${key}/`);
    if (!head) return undefined;
    const { size, lastModified, etag } = head;
    return { name, directory: false, key, size, modifiedMs: lastModified.getTime(), etag };
  }

  async #isPrefix(prefix: string): Promise<boolean> {
    for await (const _ of listLevel(this.store, this.bucket, { prefix, limit: 1 })) return true;
    return false;
  }

  async #head(key: string) {
    try {
      return await this.store.head(this.bucket, key);
    } catch (error) {
      const absent =
        error instanceof SluiceError && (error.code === 'NoSuchKey' || error.code === 'KeyTooLong');
      if (absent) return undefined;
      throw error;
    }
  }

  #entry(base: string, level: LevelEntry): ObjectTreeEntry | undefined {
    if ('prefix' in level) {
      const name = level.prefix.slice(base.length, -1);
      return objectName(name) === name ? this.#directory(name, level.prefix) : undefined;
    }
    const { key, size, lastModified, etag } = level.object;
    const name = key.slice(base.length);
    if (objectName(name) !== name) return undefined;
    const entry = { name, directory: false, key, size, modifiedMs: lastModified.getTime() };
    return etag === undefined ? entry : { ...entry, etag };
  }

  #directory(name: string, key: string): ObjectTreeEntry {
    return { name, directory: true, key, size: 0, modifiedMs: this.#openedMs };
  }

  #count(parent: number, name: string): TreeNode | undefined {
    const node = this.#byName.get(nameKey(parent, name));
    if (node) node.lookups++;
    return node;
  }
}

function nameKey(parent: number, name: string): string {
  return `${parent}/${name}`;
}
