/**
 * What an upload asks for beside its bytes and headers: encryption, storage class, redirect, access.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * By design: encryption by S3 (`AES256`) and KMS and the storage class are kept and answered; nothing is encrypted, and
 * archived classes are read without being restored. Objects that asked for no encryption say nothing of it. The access
 * control lists `private` and `bucket-owner-full-control` change nothing and are accepted; all others and grants answer
 * `AccessControlListNotSupported`, as for a bucket whose owner owns all objects.
 */
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

const SSE = 'x-amz-server-side-encryption';
const KMS_KEY = 'x-amz-server-side-encryption-aws-kms-key-id';
const encryptions: ReadonlySet<string> = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);
const ofEncryption = [SSE, KMS_KEY, `${SSE}-context`, `${SSE}-bucket-key-enabled`] as const;

const storageClasses: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'GLACIER_IR',
  'DEEP_ARCHIVE',
]);

/** Headers to keep with the object. @throws S3Error `InvalidArgument`, `InvalidStorageClass`, `AccessControlListNotSupported` */
export function readObjectSettings(call: Pick<S3Call, 'header'>): Record<string, string> {
  checkAccess(call);
  const settings = readEncryption(call);
  const storageClass = call.header('x-amz-storage-class');
  if (storageClass !== undefined && !storageClasses.has(storageClass))
    throw new S3Error('InvalidStorageClass', undefined, { StorageClassRequested: storageClass });
  if (storageClass !== undefined && storageClass !== 'STANDARD')
    settings['x-amz-storage-class'] = storageClass;
  const redirect = call.header('x-amz-website-redirect-location');
  if (redirect) settings['x-amz-website-redirect-location'] = redirect;
  return settings;
}

/** Whether a request says anything of what {@link readObjectSettings} reads, even what holds without it. */
export function hasObjectSettings({ header }: Pick<S3Call, 'header'>): boolean {
  const names = [SSE, 'x-amz-storage-class', 'x-amz-website-redirect-location'];
  return names.some((name) => header(name) !== undefined);
}

function readEncryption({ header }: Pick<S3Call, 'header'>): Record<string, string> {
  const kind = header(SSE);
  if (kind !== undefined && !encryptions.has(kind)) {
    throw new S3Error('InvalidArgument', 'The encryption method specified is not supported', {
      ArgumentName: SSE,
      ArgumentValue: kind,
    });
  }
  const key = header(KMS_KEY);
  if (key !== undefined && !kind?.startsWith('aws:kms')) {
    const needed =
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms';
    throw new S3Error('InvalidArgument', needed, { ArgumentName: SSE, ArgumentValue: kind ?? 'null' });
  }
  const settings: Record<string, string> = {};
  if (kind === undefined) return settings;
  for (const name of ofEncryption) {
    const value = header(name);
    if (value !== undefined) settings[name] = value;
  }
  return settings;
}

/** Access control lists that say what holds anyway. */
const harmlessAcls: ReadonlySet<string | undefined> = new Set([
  undefined,
  'private',
  'bucket-owner-full-control',
]);
const grants = ['full-control', 'read', 'read-acp', 'write', 'write-acp'];

/** @param code what is answered where access is asked for that is not given. @throws S3Error with it */
export function checkAccess(
  { header }: Pick<S3Call, 'header'>,
  code:
    | 'AccessControlListNotSupported'
    | 'InvalidBucketAclWithObjectOwnership' = 'AccessControlListNotSupported',
): void {
  const granted = grants.some((grant) => header(`x-amz-grant-${grant}`) !== undefined);
  if (granted || !harmlessAcls.has(header('x-amz-acl'))) throw new S3Error(code);
}

/** The headers on encryption with which an upload is answered. */
export function encryptionHeaders(
  kept: Readonly<Record<string, string>> | undefined,
): Record<string, string | undefined> {
  return kept?.[SSE] === undefined ? {} : Object.fromEntries(ofEncryption.map((name) => [name, kept[name]]));
}
