import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { listLogStreams } from './list-log-streams.ts';

/** The bytes of one log stream, wherever they are kept. */
export interface LogSource {
  /** Bytes. */
  size(): Promise<number>;
  /** A range; fewer bytes where the stream ends before. */
  read(from: number, to: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Where the log streams of a job or an endpoint are: on this machine, on another one, in the store. */
export interface LogPlace {
  /** The names of the streams, sorted. */
  streams(): Promise<string[]>;
  /** Opens a stream, to be closed; undefined where there is none. */
  open(stream: string): Promise<LogSource | undefined>;
  /** How often it may be looked at, milliseconds. @default 50 */
  readonly everyMs?: number;
}

/** `<stream>.log` in a directory of this machine, which need not exist. */
export function localLogs(directory: string): LogPlace {
  return { streams: () => listLogStreams(directory), open: (stream) => openLocal(directory, stream) };
}

/** Whether a stream can have this name: it becomes part of paths. */
export function isStreamName(stream: string): boolean {
  const parts = stream.split('/');
  return parts.length <= 2 && !parts.some((part) => /[\\\0]|^\.*$/.test(part));
}

async function openLocal(directory: string, stream: string): Promise<LogSource | undefined> {
  if (!isStreamName(stream)) return undefined;
  try {
    return new LocalSource(await open(join(directory, `${stream}.log`)));
  } catch (error) {
    if (['ENOENT', 'ENAMETOOLONG'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

class LocalSource implements LogSource {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  async read(from: number, to: number): Promise<Buffer> {
    const length = Math.max(0, to - from);
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
