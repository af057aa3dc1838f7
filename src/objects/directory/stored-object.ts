import type { ObjectHead } from '../store.ts';
import type { Fingerprint, ObjectRecord, StoredObject } from './object-record.ts';

/** A record with what its file tells. */
export function stored(record: ObjectRecord, fingerprint: Fingerprint, path: string): StoredObject {
  return { ...record, size: Number(fingerprint.size), lastModified: modifiedAt(fingerprint), path };
}

/** When this version of an object was made. */
export function modifiedAt({ mtimeNs }: Pick<Fingerprint, 'mtimeNs'>): Date {
  return new Date(Number(mtimeNs / 1_000_000n));
}

/** What is kept of an object in its record. */
export function recordOf({
  key,
  etag,
  headers,
  metadata,
  checksum,
  parts,
  uploadId,
  tags,
}: StoredObject): ObjectRecord {
  return {
    key,
    etag,
    ...(headers && { headers }),
    ...(metadata && { metadata }),
    ...(checksum && { checksum }),
    ...(parts && { parts }),
    ...(uploadId !== undefined && { uploadId }),
    ...(tags && { tags }),
  };
}

/** An object as {@link ObjectHead} has it. */
export function asHead(object: StoredObject): StoredObject & ObjectHead {
  const contentType = object.headers?.['content-type'];
  return {
    ...object,
    metadata: object.metadata ?? {},
    ...(contentType === undefined ? {} : { contentType }),
  };
}
