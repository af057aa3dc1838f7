import { createHash } from 'node:crypto';
import { SluiceError } from '../../core/errors.ts';
import type { ObjectPart } from './object-record.ts';

/** A part that has arrived. */
export interface UploadedPart {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** In quotes. */
  readonly etag: string;
  /** Base64, of the upload's algorithm. */
  readonly checksum?: string;
  readonly lastModified: Date;
}

/** A part as the completing request names it. */
export interface ChosenPart {
  readonly number: number;
  readonly etag: string;
  readonly checksum?: string;
}

/** How the names of all files of a part begin. */
export function partPrefix(number: number): string {
  return `${String(number).padStart(5, '0')}.`;
}

/** The name of a part's file. */
export function partName(number: number, md5: Buffer, size: number, checksum: string | undefined): string {
  const last = checksum === undefined ? '' : `.${Buffer.from(checksum, 'base64').toString('hex')}`;
  return `${partPrefix(number)}${md5.toString('hex')}.${size}${last}`;
}

/** The name of the file of a part that has arrived. */
export function nameOf({ number, etag, size, checksum }: UploadedPart): string {
  return partName(number, Buffer.from(etag.slice(1, -1), 'hex'), size, checksum);
}

/** What the name of a part's file tells. */
export function readPart(name: string, lastModified: Date): UploadedPart {
  const [number = '', md5 = '', size = '', checksum] = name.split('.');
  const part = { number: Number(number), etag: `"${md5}"`, size: Number(size), lastModified };
  return checksum === undefined
    ? part
    : { ...part, checksum: Buffer.from(checksum, 'hex').toString('base64') };
}

/** What is kept of a part with its object. */
export function recordPart({ number, size, checksum }: UploadedPart): ObjectPart {
  return { number, size, ...(checksum !== undefined && { checksum }) };
}

/** The parts that a request names. @throws SluiceError `InvalidPart` */
export function chooseParts(
  uploadId: string,
  parts: readonly UploadedPart[],
  chosen: readonly ChosenPart[],
): readonly UploadedPart[] {
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  return chosen.map(({ number, etag, checksum }) => {
    const part = byNumber.get(number);
    const fits =
      part?.etag === etag &&
      (checksum === undefined || part.checksum === undefined || part.checksum === checksum);
    if (part && fits) return part;
    throw new SluiceError('InvalidPart', `Part ${number} with ETag ${etag} was not uploaded.`, {
      details: { uploadId, partNumber: number, etag: etag.slice(1, -1) },
    });
  });
}

/** S3's ETag of such an object: the MD5 of the parts' MD5s, and their number. */
export function partsEtag(parts: readonly Pick<UploadedPart, 'etag'>[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag.slice(1, -1), 'hex'));
  return `"${hash.digest('hex')}-${parts.length}"`;
}
