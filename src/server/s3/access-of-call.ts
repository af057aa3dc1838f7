/**
 * Which actions on which resources an operation of S3 is.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html. What a body or a form
 * names, the operation asks for itself.
 */
import { partitionOf } from '../../contract/arns.ts';
import type { Access } from '../access/iam-gate.ts';
import { bucketConfigurations, configurationName } from './bucket-configurations.ts';
import { copySource } from './copy-source.ts';
import type { S3OperationName } from './operation-name.ts';
import type { S3Call } from './s3-call.ts';

/** Actions that are called otherwise than their operations. */
const ACTIONS: Readonly<Partial<Record<S3OperationName, string>>> = {
  CompleteMultipartUpload: 'PutObject',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  GetObjectAttributes: 'GetObject',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListBuckets: 'ListAllMyBuckets',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListParts: 'ListMultipartUploadParts',
  UploadPart: 'PutObject',
  UploadPartCopy: 'PutObject',
};

/** Configurations of buckets whose actions are called otherwise than their operations. */
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  BucketEncryption: 'EncryptionConfiguration',
  BucketLifecycleConfiguration: 'LifecycleConfiguration',
  BucketLifecycle: 'LifecycleConfiguration',
  BucketCors: 'BucketCORS',
  BucketReplication: 'ReplicationConfiguration',
  BucketAccelerateConfiguration: 'AccelerateConfiguration',
  BucketNotificationConfiguration: 'BucketNotification',
  PublicAccessBlock: 'BucketPublicAccessBlock',
  ObjectLockConfiguration: 'BucketObjectLockConfiguration',
};

/** Each must be allowed. */
export function accessesOfCall(name: S3OperationName, call: S3Call): Access[] {
  if (name === 'DeleteObjects' || name === 'PostObject') return [];
  const access = {
    action: `s3:${actionOf(name, call)}`,
    resources: [resourceOf(call)],
    context: listContext(call),
  };
  if (name !== 'CopyObject' && name !== 'UploadPartCopy') return [access];
  const { bucket, key } = copySource(call);
  return [access, { action: 's3:GetObject', resources: [objectArn(call, bucket, key)] }];
}

/** The ARN of an object. */
export function objectArn({ account }: Pick<S3Call, 'account'>, bucket: string, key: string): string {
  return `arn:${partitionOf(account.region)}:s3:::${bucket}/${key}`;
}

function actionOf(name: S3OperationName, { key, query }: S3Call): string {
  const acl = /^(Get|Put)Acl$/.exec(name);
  if (acl) return `${acl[1]}${key === '' ? 'Bucket' : 'Object'}Acl`;
  const configured = /^(Get|Put|Delete)BucketConfiguration$/.exec(name);
  if (!configured) return ACTIONS[name] ?? name;
  const configuration = bucketConfigurations[configurationName(query) ?? '']?.name ?? 'BucketConfiguration';
  // To delete one needs the right to put it.
  const verb =
    configured[1] === 'Delete' && configuration !== 'BucketPolicy' && configuration !== 'BucketWebsite'
      ? 'Put'
      : configured[1];
  return `${verb}${CONFIGURATIONS[configuration] ?? configuration}`;
}

function resourceOf(call: S3Call): string {
  const { bucket, key } = call;
  if (bucket === '') return '*';
  return key === '' ? objectArn(call, bucket, '').slice(0, -1) : objectArn(call, bucket, key);
}

function listContext({ key, query }: S3Call): Access['context'] {
  if (key !== '') return {};
  const named = ['prefix', 'delimiter', 'max-keys'].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[`s3:${name}`, [value]] as const];
  });
  return Object.fromEntries(named);
}
