import { read, readFileSync, writevSync } from 'node:fs';
import { constants } from 'node:os';
import { systemErrorCode } from '../../../core/errors.ts';
import { type FuseRequest, opcodes, parseRequest, REQUEST_BYTES, replyHeader } from './protocol.ts';

/** What a request is answered with: bytes, or a positive error number. */
export type FuseAnswer = readonly Uint8Array[] | number;

/** Answers one kind of request; undefined where the kernel waits for no answer. */
export type FuseOperation = (request: FuseRequest) => FuseAnswer | Promise<FuseAnswer> | undefined;

/** By opcode. */
export type FuseOperations = Readonly<Partial<Record<number, FuseOperation>>>;

const { EINTR, EIO, ENOSYS } = constants.errno;
/** An answer is one write, and the system takes 1024 pieces at once: of more, Node would make several writes. */
const PIECE_LIMIT = 512;
/** How often to look whether the reader of an interrupted request has been killed. */
const LOOK_INTERVAL_MS = 250;
/** SIGKILL in the masks of /proc/<pid>/status. */
const SIGKILL_BIT = 1n << 8n;

/**
 * Speaks to the kernel over /dev/fuse: takes its requests in turn, and answers each once it is done, in any order.
 */
export class FuseConnection {
  readonly #fd: number;
  readonly #operations: FuseOperations;
  readonly #pending = new Map<bigint, FuseRequest>();
  readonly #bytes = Buffer.alloc(REQUEST_BYTES);
  readonly #ended = Promise.withResolvers<void>();

  /** @param fd of /dev/fuse, mounted */
  constructor(fd: number, operations: FuseOperations) {
    this.#fd = fd;
    this.#operations = operations;
    this.#next();
  }

  /** Settles once the file system is not mounted any more. Rejects where the device cannot be read. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  #next(): void {
    read(this.#fd, this.#bytes, 0, REQUEST_BYTES, null, (error, length) => {
      const code = systemErrorCode(error);
      if (code === 'ENODEV') return this.#ended.resolve();
      // ENOENT: the request was taken back before it was read.
      if (error && code !== 'ENOENT' && code !== 'EINTR' && code !== 'EAGAIN')
        return this.#ended.reject(error);
      const request = error ? undefined : parseRequest(this.#bytes.subarray(0, length));
      this.#next();
      if (request) this.#take(request);
    });
  }

  #take(request: FuseRequest): void {
    if (request.opcode === opcodes.INTERRUPT) return this.#interrupt(request.body.readBigUInt64LE(0));
    this.#pending.set(request.unique, request);
    const operation = this.#operations[request.opcode];
    try {
      const answer = operation ? operation(request) : ENOSYS;
      if (answer === undefined) this.#pending.delete(request.unique);
      else if (answer instanceof Promise) {
        answer.then(
          (later) => this.#reply(request, later),
          () => this.#reply(request, EIO),
        );
      } else this.#reply(request, answer);
    } catch {
      this.#reply(request, EIO);
    }
  }

  #reply(request: FuseRequest, answer: FuseAnswer): void {
    if (!this.#pending.delete(request.unique)) return;
    const error = typeof answer === 'number' ? answer : 0;
    const pieces = typeof answer === 'number' ? [] : answer;
    const body = pieces.length > PIECE_LIMIT ? [Buffer.concat(pieces)] : pieces;
    const length = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
    try {
      writevSync(this.#fd, [replyHeader(request.unique, error, length), ...body]);
    } catch (failure) {
      const code = systemErrorCode(failure);
      // ENOENT: nobody waits any more. ENODEV and ECONNABORTED: it was unmounted.
      if (code === 'ENOENT' || code === 'ENODEV' || code === 'ECONNABORTED') return;
      this.#ended.reject(failure);
    }
  }

  /**
   * A signal has reached who waits for an answer. Programs do not expect that reading a file is interrupted, so it goes
   * on, unless they were killed: then they cannot end before the answer.
   */
  #interrupt(unique: bigint): void {
    const request = this.#pending.get(unique);
    if (!request) return;
    if (isKilled(request.pid)) return this.#reply(request, EINTR);
    setTimeout(() => this.#interrupt(unique), LOOK_INTERVAL_MS).unref();
  }
}

function isKilled(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return [...status.matchAll(/^(?:Sig|Shd)Pnd:\s*([0-9a-f]+)/gm)].some(
      ([, mask]) => (BigInt(`0x${mask}`) & SIGKILL_BIT) !== 0n,
    );
  } catch {
    return true;
  }
}
