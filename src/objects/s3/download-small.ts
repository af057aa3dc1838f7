import { closeSync, renameSync, rmSync, writeSync } from 'node:fs';
import { partPath } from '../partial-file.ts';
import { MemorySink } from './body-sink.ts';
import { checkedSink } from './checked-sink.ts';
import { type Download, openInDirectory } from './download.ts';
import { readGivenChecksum, startGivenChecksum, verifyChecksum } from './object-checksum.ts';
import { pin, readObjectHead } from './object-headers.ts';
import { findPartSize } from './part-size.ts';
import { retryMismatch } from './retry-mismatch.ts';
import type { S3Headers } from './s3-request.ts';

/** Brings an object by one request, whole into memory, and writes it at once. */
export async function downloadSmall(download: Download): Promise<void> {
  const { sinks, item, onBytes } = download;
  const sink = sinks.pop() ?? new MemorySink();
  sink.expect(item.size ?? 0);
  await retryMismatch(download.signal, async () => {
    const headers = await fetchInto(download, sink);
    await verify(download, headers, sink.bytes);
  });
  writeWhole(item.path, sink.bytes);
  onBytes(sink.bytes.length);
  sinks.push(sink);
}

function fetchInto({ connection, bucket, item, signal }: Download, sink: MemorySink): Promise<S3Headers> {
  const { key, etag, size } = item;
  const headers = { 'x-amz-checksum-mode': 'ENABLED', ...pin(etag) };
  const request = { method: 'GET', bucket, key, signal, headers } as const;
  return connection.retry(request, async () => {
    const checked = checkedSink({ bucket, key, etag, size }, sink);
    const answer = await connection.exchangeInto(request, checked);
    checked.checkWhole();
    return answer;
  });
}

async function verify(download: Download, headers: S3Headers, body: Buffer): Promise<void> {
  const { connection, bucket, item, signal } = download;
  const given = readGivenChecksum(headers);
  if (!given) return;
  const object = { bucket, key: item.key, signal };
  const partBytes = await findPartSize(connection, object, readObjectHead(headers), given);
  if (partBytes === undefined) return;
  const running = startGivenChecksum(given, partBytes);
  running.update(body);
  verifyChecksum(bucket, item.key, given, await running.digest());
}

/** Without awaiting: four short calls cost less than their four ways through the thread pool. */
function writeWhole(path: string, body: Buffer): void {
  const part = partPath(path);
  try {
    const file = openInDirectory(part);
    try {
      for (let done = 0; done < body.length; ) done += writeSync(file, body, done);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
