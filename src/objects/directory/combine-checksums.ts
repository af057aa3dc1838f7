import { type ChecksumAlgorithm, startChecksum } from '../checksums/checksum.ts';
import { combineCrcs } from '../checksums/combine-crc.ts';
import type { ObjectChecksum } from './object-record.ts';
import type { UploadedPart } from './upload-parts.ts';

/** What the checksum of an upload's object is. */
export interface UploadChecksum {
  readonly checksumAlgorithm?: ChecksumAlgorithm;
  readonly checksumType?: 'FULL_OBJECT' | 'COMPOSITE';
}

/** The object's checksum, from those of its parts. Undefined where a part has none. */
export async function combineChecksums(
  { checksumAlgorithm: algorithm, checksumType }: UploadChecksum,
  parts: readonly UploadedPart[],
): Promise<ObjectChecksum | undefined> {
  const digests = parts.flatMap(({ checksum }) =>
    checksum === undefined ? [] : [Buffer.from(checksum, 'base64')],
  );
  if (!algorithm || digests.length < parts.length || parts.length === 0) return undefined;
  if (checksumType === 'FULL_OBJECT') {
    let whole: Buffer = Buffer.alloc(digests[0]?.length ?? 0);
    for (const [index, digest] of digests.entries()) {
      whole = combineCrcs(algorithm, whole, digest, parts[index]?.size ?? 0);
    }
    return { algorithm, value: whole.toString('base64'), type: 'FULL_OBJECT' };
  }
  const running = startChecksum(algorithm);
  for (const digest of digests) running.update(digest);
  const value = `${(await running.digest()).toString('base64')}-${parts.length}`;
  return { algorithm, value, type: 'COMPOSITE' };
}
