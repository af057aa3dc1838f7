import { SluiceError } from '../../core/errors.ts';

/** S3's limit on a key, in bytes of UTF-8. */
const KEY_LIMIT_BYTES = 1024;
/** The limit of ext4, XFS, APFS and NTFS on one name, in bytes. */
const COMPONENT_LIMIT_BYTES = 255;
/** Bytes of a component in one `c…` name of the encoded tree; `d…` and `f…` are always shorter. */
export const CHUNK_BYTES = 100;

/**
 * Whether a bucket may have this name as far as the store's safety needs it: one plain, visible directory name. `server/s3`
 * holds new buckets to S3's own stricter rules.
 */
export function isBucketName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(name) && !name.includes('..');
}

/** @throws SluiceError `InvalidArgument` for a name that {@link isBucketName} refuses */
export function checkBucketName(bucket: string): void {
  if (isBucketName(bucket)) return;
  throw new SluiceError('InvalidArgument', `Expected a bucket name such as 'my-bucket', got '${bucket}'.`, {
    hint: 'A bucket name has 3 to 63 lower-case letters, digits, dots and hyphens.',
  });
}

/**
 * Checks a key as S3 does: 1 to 1024 bytes of UTF-8.
 *
 * @throws SluiceError `InvalidArgument`, `KeyTooLong`
 */
export function checkKey(key: string): void {
  if (key === '') throw new SluiceError('InvalidArgument', 'Expected an object key, got an empty one.');
  if (!key.isWellFormed())
    throw new SluiceError('InvalidArgument', `Expected a key of valid Unicode, got '${key}'.`);
  const length = Buffer.byteLength(key);
  if (length <= KEY_LIMIT_BYTES) return;
  throw new SluiceError('KeyTooLong', `Expected a key of at most ${KEY_LIMIT_BYTES} bytes, got ${length}.`, {
    details: { sizeBytes: length, limitBytes: KEY_LIMIT_BYTES },
  });
}

/** True when a key can be a path as it stands: no empty, `.`, `..` or overlong component, no NUL. */
export function isPlainKey(key: string): boolean {
  if (key.includes('\0')) return false;
  return key.split('/').every(isPlainComponent);
}

function isPlainComponent(component: string): boolean {
  return (
    component !== '' &&
    component !== '.' &&
    component !== '..' &&
    (component.length * 3 <= COMPONENT_LIMIT_BYTES || Buffer.byteLength(component) <= COMPONENT_LIMIT_BYTES)
  );
}

/**
 * The place in the encoded tree of a key that is no plain path. Each component becomes hexadecimal: `d…` is followed
 * by a slash, `f…` ends the key, `c…` is a part of a long component. So no two keys meet, none can leave the tree, and
 * a walk can list them in the keys' own order.
 */
export function encodedPath(key: string): string {
  const components = key.split('/');
  return components
    .flatMap((component, index) => encode(component, index === components.length - 1))
    .join('/');
}

function encode(component: string, last: boolean): string[] {
  const bytes = Buffer.from(component);
  const names: string[] = [];
  let start = 0;
  for (; bytes.length - start >= CHUNK_BYTES; start += CHUNK_BYTES) {
    names.push(`c${bytes.toString('hex', start, start + CHUNK_BYTES)}`);
  }
  names.push(`${last ? 'f' : 'd'}${bytes.toString('hex', start)}`);
  return names;
}
