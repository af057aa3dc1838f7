/**
 * GetBucketAcl, GetObjectAcl, PutBucketAcl, PutObjectAcl.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 * By design: the owner has full control and nobody else any: what says that is accepted, all else answers
 * `AccessControlListNotSupported`.
 */
import { checkAccess } from '../object-settings.ts';
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { readSmallBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';
import { requireBucket } from './buckets.ts';

/** The one access control list there is. */
export async function getAcl(call: S3Call): Promise<S3Answer> {
  await requireTarget(call);
  const grantee = {
    '@': 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"',
    ...owner(call),
  };
  return {
    xml: {
      root: 'AccessControlPolicy',
      content: {
        Owner: owner(call),
        AccessControlList: { Grant: { Grantee: grantee, Permission: 'FULL_CONTROL' } },
      },
    },
  };
}

export async function putAcl(call: S3Call): Promise<S3Answer> {
  await requireTarget(call);
  checkAccess(call);
  const body = await readSmallBody(call);
  if (body !== '' && !isOwners(call, parseXml(body, 'AccessControlPolicy')))
    throw new S3Error('AccessControlListNotSupported');
  return {};
}

interface GrantElements {
  readonly Grantee?: { readonly ID?: string };
  readonly Permission?: string;
}

function isOwners(call: S3Call, document: Readonly<Record<string, unknown>>): boolean {
  const { Grant: given } = (document['AccessControlList'] ?? {}) as {
    readonly Grant?: GrantElements | readonly GrantElements[];
  };
  const grants = given === undefined ? [] : [given].flat();
  return grants.every(
    ({ Grantee: to, Permission: permission }) =>
      to?.ID === owner(call)['ID'] && permission === 'FULL_CONTROL',
  );
}

async function requireTarget(call: S3Call): Promise<void> {
  if (call.key === '') await requireBucket(call);
  else await call.store.head(call.bucket, call.key);
}
