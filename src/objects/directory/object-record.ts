import { hash } from 'node:crypto';
import type { ChecksumAlgorithm } from '../checksums/checksum.ts';

/** What tells one version of a file from every other: its size and its time of change, which the store makes unique. */
export interface Fingerprint {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** An ETag, without quotes, for bytes whose MD5 would take too long: in the form of a multipart upload's, which is no MD5. */
export function fingerprintEtag({ size, mtimeNs }: Fingerprint): string {
  return `${hash('md5', `${size}.${mtimeNs}`)}-1`;
}

/** A checksum of an object or a part, as S3 names and encodes it. */
export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; of a composite checksum with its `-<parts>`. */
  readonly value: string;
  /** @default 'FULL_OBJECT' */
  readonly type?: 'FULL_OBJECT' | 'COMPOSITE';
}

/** One part of an object that came by a multipart upload. */
export interface ObjectPart {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** Base64, of the object's algorithm. */
  readonly checksum?: string;
}

/** What is known of an object beside its bytes. Kept in a file of its own, for one exact version of the bytes. */
export interface ObjectRecord {
  readonly key: string;
  /** In quotes. */
  readonly etag: string;
  /** Lower-case HTTP headers that S3 gives back as they came: `content-type`, `cache-control`, … */
  readonly headers?: Readonly<Record<string, string>>;
  /** User metadata, without `x-amz-meta-`. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly checksum?: ObjectChecksum;
  readonly parts?: readonly ObjectPart[];
  /** The multipart upload that it came by. */
  readonly uploadId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What a listing shows of a record. */
export interface ListedRecord {
  readonly etag: string;
  /** @default 'STANDARD' */
  readonly storageClass?: string;
  readonly checksum?: Required<Pick<ObjectChecksum, 'algorithm' | 'type'>>;
}

/** An object as the store holds it. */
export interface StoredObject extends ObjectRecord {
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
  /** The plain file with the bytes. */
  readonly path: string;
}
