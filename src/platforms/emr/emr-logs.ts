import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { SluiceError } from '../../core/errors.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import { LogCursor, wrongCursor } from '../local/log-cursor.ts';
import type { LogLine } from '../platform.ts';

/** EMR writes logs every few minutes, and once more when a job has ended. */
const FOLLOWED_EVERY_MS = 5_000;
/** How long the last of a log is waited for, where there is none of it yet. Milliseconds. */
const LAST_WITHIN_MS = 60_000;

/** What a log is read of. */
export interface EmrLogOptions {
  readonly store: ObjectStore;
  /** `s3://…` of each stream, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly cursor?: string | undefined;
  /** Whether the job has ended; asked each time where the log is followed. */
  readonly hasEnded: () => Promise<boolean>;
  readonly follow?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default 5000 */
  readonly everyMs?: number | undefined;
  /** @default 60000 */
  readonly lastWithinMs?: number | undefined;
}

/**
 * The lines of a driver's streams, one stream after the other, each as of when its object was written: EMR tells no time
 * of a line. The cursor counts the lines of each stream.
 *
 * @throws SluiceError `InvalidArgument` for a cursor of another log
 */
export async function* emrLogLines(options: EmrLogOptions): AsyncGenerator<LogLine> {
  const {
    cursor,
    follow = false,
    signal,
    everyMs = FOLLOWED_EVERY_MS,
    lastWithinMs = LAST_WITHIN_MS,
  } = options;
  const reached = LogCursor.parse(cursor);
  for (const stream of reached.positions.keys()) {
    if (!Object.hasOwn(options.files, stream)) throw wrongCursor(cursor ?? '');
  }
  let lastUntil: number | undefined;
  for (;;) {
    // Asked before: what is written after a job has ended is read once more.
    const hasEnded = !follow || (await options.hasEnded());
    let found = false;
    for await (const line of newLines(options, reached)) {
      found = true;
      yield line;
    }
    if (!follow || signal?.aborted) return;
    if (hasEnded) {
      lastUntil ??= performance.now() + lastWithinMs;
      if (found || reached.positions.size > 0 || performance.now() > lastUntil) return;
    }
    await sleep(everyMs, undefined, signal && { signal }).catch(() => undefined);
    if (signal?.aborted) return;
  }
}

async function* newLines(
  { store, files, signal }: EmrLogOptions,
  reached: LogCursor,
): AsyncGenerator<LogLine> {
  for (const [stream, uri] of Object.entries(files)) {
    const { bucket, key } = parseS3Uri(uri);
    const content = await store.get(bucket, key, signal ? { signal } : {}).catch(ifMissing);
    if (!content) continue;
    const seen = reached.positions.get(stream) ?? 0;
    let count = 0;
    for await (const message of linesOf(content.body)) {
      if (signal?.aborted) return;
      if (++count <= seen) continue;
      const cursor = reached.pass(stream, count);
      yield { timestamp: content.lastModified, stream, message, cursor };
    }
  }
}

/** The lines of a gzipped text. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const gunzip = createGunzip();
  const { pipeline } = await import('node:stream/promises');
  const fed = pipeline(body, gunzip).catch((error: unknown) => gunzip.destroy(error as Error));
  const { createInterface } = await import('node:readline');
  try {
    yield* createInterface({ input: gunzip, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    gunzip.destroy();
    await fed;
  }
}

function ifMissing(error: unknown): undefined {
  if (error instanceof SluiceError && (error.code === 'NoSuchKey' || error.code === 'NoSuchBucket'))
    return undefined;
  throw error;
}
