// Source: include/uapi/linux/fuse.h of Linux, protocol 7.31; every number is little-endian, as on x86-64 and arm64.

/** What the kernel asks. The others are answered with ENOSYS. */
export const opcodes = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  OPEN: 14,
  READ: 15,
  STATFS: 17,
  RELEASE: 18,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  ACCESS: 34,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
  READDIRPLUS: 44,
} as const;

/** The id of the mount's own directory. */
export const ROOT_ID = 1;
/** How much of a file the kernel asks for at once, bytes. */
export const MAX_READ_BYTES = 1024 * 1024;
/** Room for the largest request of a file system that is never written. */
export const REQUEST_BYTES = 64 * 1024;

const MAJOR = 7;
const MINOR = 31;
const IN_HEADER_BYTES = 40;
const OUT_HEADER_BYTES = 16;
const PAGE_BYTES = 4096;
/** Requests that the kernel sends ahead of readers at once, and from which on it calls the file system congested. */
const BACKGROUND = { most: 64, congested: 48 };
const FLAGS = {
  asyncRead: 1 << 0,
  readDirPlus: 1 << 13,
  parallelDirOps: 1 << 18,
  maxPages: 1 << 22,
};
/** The kernel keeps the pages of a file from one open to the next. */
const FOPEN_KEEP_CACHE = 1 << 1;
/** How long the kernel may believe what it was told: what is pinned does not change. */
const VALID_SECONDS = 86_400n;
const MODES = { directory: 0o040555, file: 0o100444 };

/** One request of the kernel. */
export interface FuseRequest {
  readonly opcode: number;
  readonly unique: bigint;
  readonly node: number;
  /** The thread that waits, as this process's namespace sees it; 0 for none. */
  readonly pid: number;
  /** What follows the header. */
  readonly body: Buffer;
}

/** What a file or directory is. */
export interface FuseAttributes {
  readonly id: number;
  readonly directory: boolean;
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
}

/** Takes a request apart. The bytes are copied. */
export function parseRequest(bytes: Buffer): FuseRequest {
  return {
    opcode: bytes.readUInt32LE(4),
    unique: bytes.readBigUInt64LE(8),
    node: Number(bytes.readBigUInt64LE(16)),
    pid: bytes.readUInt32LE(32),
    body: Buffer.from(bytes.subarray(IN_HEADER_BYTES)),
  };
}

/** The head of an answer. `error` is a positive error number, or 0. */
export function replyHeader(unique: bigint, error: number, bodyBytes: number): Buffer {
  const header = Buffer.alloc(OUT_HEADER_BYTES);
  header.writeUInt32LE(OUT_HEADER_BYTES + bodyBytes, 0);
  header.writeInt32LE(-error, 4);
  header.writeBigUInt64LE(unique, 8);
  return header;
}

/** The answer to INIT: what of the kernel's offer is taken. */
export function initReply(body: Buffer): Buffer {
  const reply = Buffer.alloc(64);
  const { asyncRead, readDirPlus, parallelDirOps, maxPages } = FLAGS;
  const wanted = asyncRead | readDirPlus | parallelDirOps | maxPages;
  reply.writeUInt32LE(MAJOR, 0);
  reply.writeUInt32LE(MINOR, 4);
  reply.writeUInt32LE(MAX_READ_BYTES, 8);
  reply.writeUInt32LE((body.readUInt32LE(12) & wanted) >>> 0, 12);
  reply.writeUInt16LE(BACKGROUND.most, 16);
  reply.writeUInt16LE(BACKGROUND.congested, 18);
  reply.writeUInt32LE(PAGE_BYTES, 20);
  reply.writeUInt32LE(1, 24);
  reply.writeUInt16LE(MAX_READ_BYTES / PAGE_BYTES, 28);
  return reply;
}

/** The answer to LOOKUP; within READDIRPLUS, undefined stands for "ask again by name". */
export function entryReply(attributes: FuseAttributes | undefined): Buffer {
  const reply = Buffer.alloc(128);
  if (!attributes) return reply;
  reply.writeBigUInt64LE(BigInt(attributes.id), 0);
  reply.writeBigUInt64LE(VALID_SECONDS, 16);
  reply.writeBigUInt64LE(VALID_SECONDS, 24);
  writeAttributes(reply, 40, attributes);
  return reply;
}

/** The answer to GETATTR. */
export function attributesReply(attributes: FuseAttributes): Buffer {
  const reply = Buffer.alloc(104);
  reply.writeBigUInt64LE(VALID_SECONDS, 0);
  writeAttributes(reply, 16, attributes);
  return reply;
}

function writeAttributes(to: Buffer, at: number, { id, directory, size, modifiedMs }: FuseAttributes): void {
  const seconds = BigInt(Math.floor(modifiedMs / 1000));
  const nanoseconds = (((modifiedMs % 1000) + 1000) % 1000) * 1e6;
  to.writeBigUInt64LE(BigInt(id), at);
  to.writeBigUInt64LE(BigInt(size), at + 8);
  to.writeBigUInt64LE(BigInt(Math.ceil(size / 512)), at + 16);
  for (let time = 0; time < 3; time++) {
    to.writeBigInt64LE(seconds, at + 24 + time * 8);
    to.writeUInt32LE(Math.floor(nanoseconds), at + 48 + time * 4);
  }
  to.writeUInt32LE(directory ? MODES.directory : MODES.file, at + 60);
  to.writeUInt32LE(directory ? 2 : 1, at + 64);
  to.writeUInt32LE(process.getuid?.() ?? 0, at + 68);
  to.writeUInt32LE(process.getgid?.() ?? 0, at + 72);
  to.writeUInt32LE(PAGE_BYTES, at + 80);
}

/** The answer to OPEN and OPENDIR. */
export function openReply(handle: number, keepCache: boolean): Buffer {
  const reply = Buffer.alloc(16);
  reply.writeBigUInt64LE(BigInt(handle), 0);
  reply.writeUInt32LE(keepCache ? FOPEN_KEEP_CACHE : 0, 8);
  return reply;
}

/** The answer to STATFS: full, because nothing can be written. */
export function statfsReply(): Buffer {
  const reply = Buffer.alloc(80);
  reply.writeUInt32LE(PAGE_BYTES, 40);
  reply.writeUInt32LE(255, 44);
  reply.writeUInt32LE(PAGE_BYTES, 48);
  return reply;
}

/** One name of a directory, as READDIR answers it. `next` is the offset at which reading goes on after it. */
export function directoryEntry(name: string, id: number, directory: boolean, next: number): Buffer {
  const bytes = Buffer.from(name);
  const entry = Buffer.alloc(24 + Math.ceil(bytes.length / 8) * 8);
  entry.writeBigUInt64LE(BigInt(id), 0);
  entry.writeBigUInt64LE(BigInt(next), 8);
  entry.writeUInt32LE(bytes.length, 16);
  entry.writeUInt32LE(directory ? 4 : 8, 20);
  bytes.copy(entry, 24);
  return entry;
}

/** The arguments of READ and READDIR. */
export function parseRead(body: Buffer): { handle: number; offset: number; size: number } {
  return {
    handle: Number(body.readBigUInt64LE(0)),
    offset: Number(body.readBigUInt64LE(8)),
    size: body.readUInt32LE(16),
  };
}

/** The name that LOOKUP asks for: it ends in NUL. */
export function parseName(body: Buffer): string {
  return body.toString('utf8', 0, body.indexOf(0));
}

/** What FORGET and BATCH_FORGET take back. */
export function parseForgets(request: FuseRequest): { node: number; lookups: number }[] {
  const { body, node } = request;
  if (request.opcode === opcodes.FORGET) return [{ node, lookups: Number(body.readBigUInt64LE(0)) }];
  return Array.from({ length: body.readUInt32LE(0) }, (_, index) => ({
    node: Number(body.readBigUInt64LE(8 + index * 16)),
    lookups: Number(body.readBigUInt64LE(16 + index * 16)),
  }));
}
