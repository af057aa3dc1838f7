/**
 * CreateBucket.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * By design: creating a bucket again succeeds, as in us-east-1. A LocationConstraint is kept and returned; the objects lie
 * here. Object Lock, directory buckets and other owners of objects than the bucket's are refused by name.
 */
import { checkTags } from '../object-headers.ts';
import { checkAccess } from '../object-settings.ts';
import { notImplementedHeader } from '../refused-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { formatTagSet, readTagSet } from '../tag-set.ts';
import { readSmallBody } from '../upload-body.ts';
import { formatXml, parseXml } from '../xml.ts';

export async function createBucket(call: S3Call): Promise<S3Answer> {
  const { bucket, store } = call;
  if (!isNewBucketName(bucket)) throw new S3Error('InvalidBucketName', undefined, { BucketName: bucket });
  checkHeaders(call);
  const settings = readConfiguration(await readSmallBody(call));
  const existed = await store.bucketExists(bucket);
  await store.createBucket(bucket);
  if (!existed) store.settings.remove(bucket);
  if (!existed && Object.keys(settings).length > 0) store.settings.change(bucket, settings);
  return { headers: { location: `/${bucket}` } };
}

function checkHeaders(call: S3Call): void {
  checkAccess(call, 'InvalidBucketAclWithObjectOwnership');
  if (call.header('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true')
    throw notImplementedHeader('x-amz-bucket-object-lock-enabled');
  const ownership = call.header('x-amz-object-ownership');
  if (ownership !== undefined && ownership !== 'BucketOwnerEnforced')
    throw notImplementedHeader('x-amz-object-ownership');
}

function readConfiguration(body: string): Record<string, string> {
  if (body.trim() === '') return {};
  const document = parseXml(body, 'CreateBucketConfiguration');
  for (const name of ['Bucket', 'Location']) {
    if (document[name] !== undefined)
      throw new S3Error('NotImplemented', `${name}: directory buckets are not implemented.`);
  }
  const tags = document['Tags'] === undefined ? [] : readTagSet({ TagSet: document['Tags'] });
  const location = readLocation(document['LocationConstraint']);
  return {
    ...(location !== undefined && { location }),
    ...(tags.length > 0 && { tagging: formatXml('Tagging', formatTagSet(checkTags(tags, 50))) }),
  };
}

function readLocation(given: unknown): string | undefined {
  if (given === undefined || given === '') return undefined;
  const region = String(given);
  if ((/^[a-z]{2}(-[a-z]+)+-\d$/.test(region) && region !== 'us-east-1') || region === 'EU') return region;
  throw new S3Error('InvalidLocationConstraint', undefined, { LocationConstraint: region });
}

function isNewBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-)|(-s3alias|--ol-s3)$/.test(name)
  );
}
