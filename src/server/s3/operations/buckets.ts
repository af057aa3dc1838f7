/**
 * ListBuckets, HeadBucket, DeleteBucket, GetBucketLocation.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { bucketRegion } from '../bucket-region.ts';
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
            BucketRegion: regionOf(call, name),
          })),
        },
      },
    },
  };
}

export async function headBucket(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  return { headers: { 'x-amz-bucket-region': regionOf(call, call.bucket) } };
}

export async function deleteBucket(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  await call.store.deleteBucket(call.bucket);
  return { status: 204 };
}

export async function getBucketLocation(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  const region = call.store.settings.read(call.bucket)['location'] ?? call.account.region;
  return { xml: { root: 'LocationConstraint', content: { '': region === 'us-east-1' ? '' : region } } };
}

/** @throws S3Error `NoSuchBucket` */
export async function requireBucket({ store, bucket }: S3Call): Promise<void> {
  if (!(await store.bucketExists(bucket)))
    throw new S3Error('NoSuchBucket', undefined, { BucketName: bucket });
}

function regionOf({ store, account }: S3Call, bucket: string): string {
  return bucketRegion(store, bucket) ?? account.region;
}
