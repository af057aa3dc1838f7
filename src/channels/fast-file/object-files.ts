import { constants } from 'node:os';
import { SluiceError } from '../../core/errors.ts';
import { formatS3Uri } from '../../objects/index.ts';
import { DirectoryReader } from './directory-reader.ts';
import type { FuseAnswer, FuseOperations } from './fuse/fuse-connection.ts';
import {
  attributesReply,
  entryReply,
  type FuseRequest,
  initReply,
  opcodes,
  openReply,
  parseForgets,
  parseName,
  parseRead,
  statfsReply,
} from './fuse/protocol.ts';
import { ObjectReader } from './object-reader.ts';
import type { ObjectTree, TreeNode } from './object-tree.ts';
import { ReadBudget } from './read-budget.ts';

const { EBADF, EIO, EISDIR, ENOENT, ENOTDIR, EROFS } = constants.errno;
/** Bytes of all files that are read ahead. */
const AHEAD_LIMIT_BYTES = 96 * 1024 * 1024;
const ACCESS_MODE = 3;

/** The tree of a prefix, as the kernel asks for it. */
export class ObjectFiles {
  /** Once INIT is answered. */
  readonly initialized: Promise<void>;
  readonly operations: FuseOperations;
  readonly #tree: ObjectTree;
  readonly #onFailure: (error: unknown) => void;
  readonly #budget = new ReadBudget(AHEAD_LIMIT_BYTES);
  readonly #files = new Map<number, ObjectReader>();
  readonly #directories = new Map<number, DirectoryReader>();
  readonly #initialized = Promise.withResolvers<void>();
  #lastHandle = 0;

  /** @param onFailure is told why the job has got, or is going to get, an EIO */
  constructor(tree: ObjectTree, onFailure: (error: unknown) => void) {
    this.#tree = tree;
    this.#onFailure = onFailure;
    this.initialized = this.#initialized.promise;
    this.operations = {
      [opcodes.INIT]: ({ body }) => this.#initialize(body),
      [opcodes.LOOKUP]: (request) => this.#attempt(() => this.#lookUp(request)),
      [opcodes.FORGET]: (request) => this.#forget(request),
      [opcodes.BATCH_FORGET]: (request) => this.#forget(request),
      [opcodes.GETATTR]: ({ node }) =>
        this.#withNode(node, (found) => [attributesReply(attributesOf(found))]),
      [opcodes.ACCESS]: ({ body }) => ((body.readUInt32LE(0) & 2) === 0 ? 0 : EROFS),
      [opcodes.STATFS]: () => [statfsReply()],
      [opcodes.OPENDIR]: ({ node }) => this.#withNode(node, (found) => this.#openDirectory(found)),
      [opcodes.READDIR]: (request) => this.#attempt(() => this.#readDirectory(request, false)),
      [opcodes.READDIRPLUS]: (request) => this.#attempt(() => this.#readDirectory(request, true)),
      [opcodes.RELEASEDIR]: ({ body }) => this.#release(this.#directories, body),
      [opcodes.OPEN]: (request) => this.#attempt(() => this.#open(request)),
      [opcodes.READ]: (request) => this.#attempt(() => this.#read(request)),
      [opcodes.RELEASE]: ({ body }) => this.#release(this.#files, body),
      [opcodes.DESTROY]: () => 0,
    };
  }

  #initialize(body: Buffer): FuseAnswer {
    setImmediate(() => this.#initialized.resolve());
    return [initReply(body)];
  }

  async #attempt(work: () => Promise<FuseAnswer>): Promise<FuseAnswer> {
    try {
      return await work();
    } catch (error) {
      this.#onFailure(error);
      return EIO;
    }
  }

  #withNode(id: number, answer: (node: TreeNode) => FuseAnswer): FuseAnswer {
    const node = this.#tree.node(id);
    return node ? answer(node) : ENOENT;
  }

  async #lookUp({ node, body }: FuseRequest): Promise<FuseAnswer> {
    const parent = this.#tree.node(node);
    const found = parent && (await this.#tree.lookUp(parent, parseName(body)));
    return found ? [entryReply(attributesOf(found))] : ENOENT;
  }

  #forget(request: FuseRequest): undefined {
    for (const { node, lookups } of parseForgets(request)) this.#tree.forget(node, lookups);
    return undefined;
  }

  #openDirectory(node: TreeNode): FuseAnswer {
    if (!node.directory) return ENOTDIR;
    const handle = ++this.#lastHandle;
    this.#directories.set(handle, new DirectoryReader(this.#tree, node));
    return [openReply(handle, false)];
  }

  async #readDirectory({ body }: FuseRequest, plus: boolean): Promise<FuseAnswer> {
    const { handle, offset, size } = parseRead(body);
    return (await this.#directories.get(handle)?.read(offset, size, plus)) ?? EBADF;
  }

  async #open({ node: id, body }: FuseRequest): Promise<FuseAnswer> {
    const node = this.#tree.node(id);
    if (!node) return ENOENT;
    if (node.directory) return EISDIR;
    if ((body.readUInt32LE(0) & ACCESS_MODE) !== 0) return EROFS;
    await this.#pin(node);
    const { store, bucket } = this.#tree;
    const handle = ++this.#lastHandle;
    this.#files.set(handle, new ObjectReader({ store, bucket, node, budget: this.#budget }));
    return [openReply(handle, true)];
  }

  /** Asks for the ETag where a listing did not tell it. */
  async #pin(node: TreeNode): Promise<void> {
    if (node.etag !== undefined) return;
    const { size, etag } = await this.#tree.store.head(this.#tree.bucket, node.key);
    if (size !== node.size) throw this.#changed(node);
    node.etag ??= etag;
  }

  async #read({ node: id, body }: FuseRequest): Promise<FuseAnswer> {
    const { handle, offset, size } = parseRead(body);
    const reader = this.#files.get(handle);
    if (!reader) return EBADF;
    try {
      return await reader.read(offset, size);
    } catch (error) {
      const node = this.#tree.node(id);
      // Nobody waits for a file that has been closed.
      if (!this.#files.has(handle)) return EIO;
      const changed = error instanceof SluiceError && error.code === 'PreconditionFailed';
      throw changed && node ? this.#changed(node, error) : error;
    }
  }

  #changed(node: TreeNode, cause?: unknown): SluiceError {
    const uri = formatS3Uri({ bucket: this.#tree.bucket, key: node.key });
    return new SluiceError('PreconditionFailed', `${uri} has changed while the job was reading it.`, {
      cause,
      hint: 'Write new data under new keys while jobs run.',
    });
  }

  #release(handles: Map<number, ObjectReader | DirectoryReader>, body: Buffer): FuseAnswer {
    const handle = Number(body.readBigUInt64LE(0));
    void handles.get(handle)?.close();
    handles.delete(handle);
    return 0;
  }
}

function attributesOf({ id, directory, size, modifiedMs }: TreeNode) {
  return { id, directory, size, modifiedMs };
}
