/**
 * The configurations of a bucket, by the query parameter that names each: what is answered for a bucket that has none,
 * and what becomes of one that is written.
 *
 * Source: the Get, Put and Delete operations of https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
import { checkTags } from './object-headers.ts';
import type { S3Answer } from './s3-call.ts';
import { S3Error, type S3ErrorCode } from './s3-error.ts';
import { readTagSet } from './tag-set.ts';

/** A document of a request, by its elements. */
export type Document = Readonly<Record<string, unknown>>;

export interface BucketConfiguration {
  /** In S3's names of operations, after Get, Put and Delete. */
  readonly name: string;
  /** The root element of its document. */
  readonly root: string;
  /** Where none was written: an error, or the document. */
  readonly absent: S3ErrorCode | S3Answer;
  /** Where it was deleted, if not the same. */
  readonly deleted?: S3ErrorCode;
  /** Whether Delete is an operation of S3. @default false */
  readonly deletable?: boolean;
  /** Refuses documents that are not harmless. @throws S3Error */
  readonly check?: (document: Document) => void;
  /** What a written one does, for the page of operations. */
  readonly effect: string;
}

const notDone = (what: string) => (): never => {
  throw new S3Error('NotImplemented', `${what} is not implemented.`);
};

function document(root: string, content: NonNullable<S3Answer['xml']>['content'] = {}): S3Answer {
  return { xml: { root, content } };
}

export const bucketConfigurations: Readonly<Record<string, BucketConfiguration>> = {
  accelerate: {
    name: 'BucketAccelerateConfiguration',
    root: 'AccelerateConfiguration',
    absent: document('AccelerateConfiguration'),
    effect: 'Kept and returned; nothing is accelerated.',
  },
  cors: {
    name: 'BucketCors',
    root: 'CORSConfiguration',
    absent: 'NoSuchCORSConfiguration',
    deletable: true,
    effect:
      'Kept and returned, not applied: which web pages may call is said in the configuration of the server.',
  },
  encryption: {
    name: 'BucketEncryption',
    root: 'ServerSideEncryptionConfiguration',
    absent: document('ServerSideEncryptionConfiguration', {
      Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
    }),
    deletable: true,
    effect: 'Kept and returned; nothing is encrypted.',
  },
  lifecycle: {
    name: 'BucketLifecycleConfiguration',
    root: 'LifecycleConfiguration',
    absent: 'NoSuchLifecycleConfiguration',
    deletable: true,
    effect: 'Kept and returned; nothing expires.',
  },
  logging: {
    name: 'BucketLogging',
    root: 'BucketLoggingStatus',
    absent: document('BucketLoggingStatus'),
    effect: 'Kept and returned; no log objects are written.',
  },
  notification: {
    name: 'BucketNotificationConfiguration',
    root: 'NotificationConfiguration',
    absent: document('NotificationConfiguration'),
    check: (given) => {
      if (Object.keys(given).length > 0) notDone('Sending event notifications')();
    },
    effect: 'An empty one is accepted; one that wants events is refused, because none are sent.',
  },
  'object-lock': {
    name: 'ObjectLockConfiguration',
    root: 'ObjectLockConfiguration',
    absent: 'ObjectLockConfigurationNotFoundError',
    check: () => {
      throw new S3Error('InvalidBucketState');
    },
    effect: 'Refused with InvalidBucketState, as for a bucket that was made without Object Lock.',
  },
  ownershipControls: {
    name: 'BucketOwnershipControls',
    root: 'OwnershipControls',
    absent: document('OwnershipControls', { Rule: { ObjectOwnership: 'BucketOwnerEnforced' } }),
    deleted: 'OwnershipControlsNotFoundError',
    deletable: true,
    check: (given) => {
      const { ObjectOwnership: ownership } = (given['Rule'] ?? {}) as { readonly ObjectOwnership?: string };
      if (ownership === undefined) throw new S3Error('MalformedXML');
      if (ownership !== 'BucketOwnerEnforced') notDone(`ObjectOwnership '${ownership}'`)();
    },
    effect:
      'BucketOwnerEnforced is kept and returned; another is refused, because there are no access control lists.',
  },
  policy: {
    name: 'BucketPolicy',
    root: '',
    absent: 'NoSuchBucketPolicy',
    deletable: true,
    effect: 'Kept and returned, not enforced: the one account may do everything.',
  },
  publicAccessBlock: {
    name: 'PublicAccessBlock',
    root: 'PublicAccessBlockConfiguration',
    absent: document('PublicAccessBlockConfiguration', {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    }),
    deleted: 'NoSuchPublicAccessBlockConfiguration',
    deletable: true,
    effect: 'Kept and returned; nothing is public in any case.',
  },
  replication: {
    name: 'BucketReplication',
    root: 'ReplicationConfiguration',
    absent: 'ReplicationConfigurationNotFoundError',
    deletable: true,
    check: notDone('Replication'),
    effect: 'Refused: nothing is replicated.',
  },
  requestPayment: {
    name: 'BucketRequestPayment',
    root: 'RequestPaymentConfiguration',
    absent: document('RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
    effect: 'Kept and returned; nobody pays.',
  },
  tagging: {
    name: 'BucketTagging',
    root: 'Tagging',
    absent: 'NoSuchTagSet',
    deletable: true,
    check: (given) => {
      checkTags(readTagSet(given), 50);
    },
    effect: 'Kept and returned.',
  },
  versioning: {
    name: 'BucketVersioning',
    root: 'VersioningConfiguration',
    absent: document('VersioningConfiguration'),
    check: ({ Status: status, MfaDelete: mfa = 'Disabled' }) => {
      if (status !== 'Enabled' && status !== 'Suspended')
        throw new S3Error('IllegalVersioningConfigurationException');
      if (mfa !== 'Disabled') notDone('MfaDelete')();
    },
    effect: 'Kept and returned. No older versions are kept: an object that is replaced or deleted is gone.',
  },
  website: {
    name: 'BucketWebsite',
    root: 'WebsiteConfiguration',
    absent: 'NoSuchWebsiteConfiguration',
    deletable: true,
    check: notDone('Serving a website'),
    effect: 'Refused: no website is served.',
  },
};

/** Which of them a query names. */
export function configurationName(query: URLSearchParams): string | undefined {
  if (query.size === 0) return undefined;
  for (const name of query.keys()) if (Object.hasOwn(bucketConfigurations, name)) return name;
  return undefined;
}
