/**
 * What clients ask of a bucket's configuration: answered as AWS answers for a new bucket that has none.
 *
 * Source: the Get operations of https://docs.aws.amazon.com/AmazonS3/latest/API/
 * By design: nothing can be configured; writing a configuration is `NotImplemented`.
 */
import { type Operation, owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { S3Error, type S3ErrorCode } from '../s3-error.ts';
import { requireBucket } from './buckets.ts';

/** The error for a configuration that was never made, or the empty configuration itself. */
const answers: Readonly<Record<string, S3ErrorCode | S3Answer>> = {
  accelerate: { xml: { root: 'AccelerateConfiguration', content: {} } },
  cors: 'NoSuchCORSConfiguration',
  encryption: {
    xml: {
      root: 'ServerSideEncryptionConfiguration',
      content: {
        Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
      },
    },
  },
  lifecycle: 'NoSuchLifecycleConfiguration',
  logging: { xml: { root: 'BucketLoggingStatus', content: {} } },
  notification: { xml: { root: 'NotificationConfiguration', content: {} } },
  'object-lock': 'ObjectLockConfigurationNotFoundError',
  ownershipControls: {
    xml: { root: 'OwnershipControls', content: { Rule: { ObjectOwnership: 'BucketOwnerEnforced' } } },
  },
  policy: 'NoSuchBucketPolicy',
  policyStatus: 'NoSuchBucketPolicy',
  publicAccessBlock: {
    xml: {
      root: 'PublicAccessBlockConfiguration',
      content: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    },
  },
  replication: 'ReplicationConfigurationNotFoundError',
  requestPayment: { xml: { root: 'RequestPaymentConfiguration', content: { Payer: 'BucketOwner' } } },
  tagging: 'NoSuchTagSet',
  versioning: { xml: { root: 'VersioningConfiguration', content: {} } },
  website: 'NoSuchWebsiteConfiguration',
};

/** The query parameters that name a bucket's configurations. */
export const bucketConfigurations: readonly string[] = Object.keys(answers);

export const getBucketConfiguration: Operation = async (call) => {
  await requireBucket(call);
  const name = bucketConfigurations.find((one) => call.query.has(one)) ?? '';
  const answer = answers[name];
  if (typeof answer === 'object') return answer;
  throw new S3Error(answer ?? 'NotImplemented', undefined, { BucketName: call.bucket });
};

/** The one access control list there is: the account may do everything. */
export async function getAcl(call: S3Call): Promise<S3Answer> {
  if (call.key === '') await requireBucket(call);
  else await call.store.head(call.bucket, call.key);
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

/** Accepted where it changes nothing: `private` and `bucket-owner-full-control`. */
export async function putAcl(call: S3Call): Promise<S3Answer> {
  if (call.key === '') await requireBucket(call);
  else await call.store.head(call.bucket, call.key);
  const acl = call.header('x-amz-acl');
  if (acl === 'private' || acl === 'bucket-owner-full-control') return {};
  throw new S3Error(
    'NotImplemented',
    'Access control lists are not kept: the one account may do everything.',
  );
}
