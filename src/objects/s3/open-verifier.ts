import type { ObjectVerifier } from '../store.ts';
import type { AskedObject } from './check-answer.ts';
import { fetchHead } from './fetch-head.ts';
import { readGivenChecksum, startGivenChecksum, verifyChecksum } from './object-checksum.ts';
import { readObjectHead } from './object-headers.ts';
import { findPartSize } from './part-size.ts';
import type { S3Connection } from './s3-connection.ts';

/** Asks for the checksum of an object whose bytes come in ranges. Undefined where the store gives none. */
export async function openVerifier(
  connection: S3Connection,
  object: Omit<AskedObject, 'range'> & { readonly signal?: AbortSignal | undefined },
): Promise<ObjectVerifier | undefined> {
  const headers = await fetchHead(connection, object);
  const given = readGivenChecksum(headers);
  if (!given) return undefined;
  const partBytes = await findPartSize(connection, object, readObjectHead(headers), given);
  if (partBytes === undefined) return undefined;
  const running = startGivenChecksum(given, partBytes);
  return {
    update: (bytes) => running.update(bytes),
    end: async () => verifyChecksum(object.bucket, object.key, given, await running.digest()),
  };
}
