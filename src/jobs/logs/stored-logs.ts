import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stores } from '../../channels/index.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import { formatS3Uri, parseS3Uri } from '../../objects/index.ts';
import type { JobSummary } from '../../state/index.ts';
import { listLogStreams } from './list-log-streams.ts';
import { isStreamName, type LogPlace, type LogSource } from './log-source.ts';

/** Where the logs of a job that has ended are kept for other machines: `s3://<default bucket>/sluice-logs/…/`. */
export function storedLogsUri(account: Account, { type, name, createdAt }: JobSummary): string {
  return formatS3Uri({ bucket: defaultBucket(account), key: `sluice-logs/${type}/${name}/${createdAt}/` });
}

/** Puts the log files of a directory into the store. @throws SluiceError */
export async function storeLogs(
  stores: Stores,
  directory: string,
  uri: string,
  signal: AbortSignal,
): Promise<void> {
  const { bucket, key } = parseS3Uri(uri);
  const store = stores.store(bucket);
  if (!(await store.bucketExists(bucket)))
    await store.createBucket(bucket).catch(ignoreExisting(store, bucket));
  for (const stream of await listLogStreams(directory)) {
    const path = join(directory, `${stream}.log`);
    const { size } = await stat(path);
    const body = size === 0 ? '' : createReadStream(path, { end: size - 1 });
    await store.put(bucket, `${key}${stream}.log`, body, { size, contentType: 'text/plain', signal });
  }
}

/** Another machine may have been quicker. */
function ignoreExisting(store: ReturnType<Stores['store']>, bucket: string) {
  return async (error: unknown): Promise<void> => {
    if (!(await store.bucketExists(bucket))) throw error;
  };
}

/** Removes what {@link storeLogs} has put there. */
export async function removeStoredLogs(stores: Stores, uri: string): Promise<void> {
  const { bucket, key: prefix } = parseS3Uri(uri);
  const store = stores.store(bucket);
  if (!(await store.bucketExists(bucket))) return;
  for await (const { key } of store.list(bucket, { prefix })) await store.delete(bucket, key);
}

/** The logs that {@link storeLogs} has put there. */
export function storedLogs(stores: Stores, uri: string): LogPlace {
  const { bucket, key: prefix } = parseS3Uri(uri);
  const store = stores.store(bucket);
  return {
    async streams() {
      const names: string[] = [];
      for await (const { key } of store.list(bucket, { prefix }))
        if (key.endsWith('.log')) names.push(key.slice(prefix.length, -'.log'.length));
      return names.sort();
    },
    async open(stream): Promise<LogSource | undefined> {
      if (!isStreamName(stream)) return undefined;
      const key = `${prefix}${stream}.log`;
      try {
        const { size } = await store.head(bucket, key);
        return {
          size: async () => size,
          async read(from, to) {
            const end = Math.min(to, size);
            if (end <= from) return Buffer.alloc(0);
            const { body } = await store.get(bucket, key, { range: { start: from, end: end - 1 } });
            return Buffer.concat(await Array.fromAsync(body));
          },
          close: async () => undefined,
        };
      } catch (error) {
        if (error instanceof SluiceError && /^NoSuch(Key|Bucket)$/.test(error.code)) return undefined;
        throw error;
      }
    },
  };
}
