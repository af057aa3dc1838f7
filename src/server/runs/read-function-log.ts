import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../../core/errors.ts';
import { ApiError } from './api-error.ts';
import type { LogLineBody } from './schemas.ts';

/** How often a log that is followed is looked at, milliseconds. */
const FOLLOW_INTERVAL_MS = 300;

/** What of a log is read. */
export interface FunctionLogOptions {
  /** That of the last line that was seen. @default from the beginning */
  readonly cursor?: string;
  /** Until the function has ended. @default false */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  readonly isRunning: () => Promise<boolean>;
}

/** What a function has printed: lines with their time, as `keepFunctionLine` keeps them. A cursor is a place in the file. */
export async function* readFunctionLog(
  path: string,
  { cursor = '0', follow = false, signal, isRunning }: FunctionLogOptions,
): AsyncGenerator<LogLineBody> {
  if (!/^\d{1,15}$/.test(cursor))
    throw new ApiError(400, 'InvalidArgument', 'The cursor is none of this log.', { field: 'cursor' });
  let start = Number(cursor);
  for (;;) {
    // Asked first: what was printed before the end is read after it.
    const more = follow && (await isRunning());
    for await (const line of linesFrom(path, start)) {
      start += Buffer.byteLength(line) + 1;
      const space = line.indexOf(' ');
      yield {
        timestamp: line.slice(0, space),
        stream: 'function',
        message: line.slice(space + 1),
        cursor: String(start),
      };
    }
    if (!more || signal?.aborted) return;
    await sleep(FOLLOW_INTERVAL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** A file that is not there has no lines: the function has printed nothing. */
async function* linesFrom(path: string, start: number): AsyncGenerator<string> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    yield* file.readLines({ start, autoClose: false });
  } finally {
    await file.close();
  }
}
