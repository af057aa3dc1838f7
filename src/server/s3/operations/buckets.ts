/**
 * ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * By design: creating a bucket again succeeds, as in us-east-1; every bucket lies in the one region.
 */
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';

export async function listBuckets(call: S3Call): Promise<S3Answer> {
  const prefix = call.query.get('prefix') ?? '';
  const buckets = (await call.store.listBuckets()).filter(({ name }) => name.startsWith(prefix));
  return {
    xml: {
      root: 'ListAllMyBucketsResult',
      content: {
        Owner: owner(call),
        Buckets: {
          Bucket: buckets.map(({ name, created }) => ({
            Name: name,
            CreationDate: created,
            BucketRegion: call.account.region,
          })),
        },
      },
    },
  };
}

export async function createBucket(call: S3Call): Promise<S3Answer> {
  if (!isNewBucketName(call.bucket))
    throw new S3Error('InvalidBucketName', undefined, { BucketName: call.bucket });
  await call.store.createBucket(call.bucket);
  return { headers: { location: `/${call.bucket}` } };
}

export async function headBucket(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  return { headers: { 'x-amz-bucket-region': call.account.region } };
}

export async function deleteBucket(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  await call.store.deleteBucket(call.bucket);
  return { status: 204 };
}

export async function getBucketLocation(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  const { region } = call.account;
  return { xml: { root: 'LocationConstraint', content: { '': region === 'us-east-1' ? '' : region } } };
}

/** @throws S3Error `NoSuchBucket` */
export async function requireBucket({ store, bucket }: S3Call): Promise<void> {
  if (!(await store.bucketExists(bucket)))
    throw new S3Error('NoSuchBucket', undefined, { BucketName: bucket });
}

function isNewBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-)|(-s3alias|--ol-s3)$/.test(name)
  );
}
