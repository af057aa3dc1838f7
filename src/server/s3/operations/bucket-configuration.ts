/**
 * Get, Put and Delete of a bucket's configurations, which `bucket-configurations.ts` describes.
 *
 * Source: the operations of https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
import {
  type BucketConfiguration,
  bucketConfigurations,
  configurationName,
} from '../bucket-configurations.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { readSmallBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';
import { requireBucket } from './buckets.ts';

/** What is kept of a configuration that was deleted, where that is not the same as none. */
const DELETED = '';

export async function getBucketConfiguration(call: S3Call): Promise<S3Answer> {
  const [name, { absent, deleted }] = await find(call);
  const kept = call.store.settings.read(call.bucket)[name];
  if (kept !== undefined && kept !== DELETED)
    return { text: { content: kept, type: name === 'policy' ? 'application/json' : 'application/xml' } };
  const answer = kept === DELETED ? (deleted ?? absent) : absent;
  if (typeof answer === 'object') return answer;
  throw new S3Error(answer, undefined, { BucketName: call.bucket });
}

export async function putBucketConfiguration(call: S3Call): Promise<S3Answer> {
  const [name, { root, check }] = await find(call);
  const text = await readSmallBody(call);
  if (name === 'policy') checkPolicy(text);
  else {
    const document = parseXml(text, root);
    check?.(document);
  }
  call.store.settings.change(call.bucket, { [name]: text });
  return { status: name === 'policy' || name === 'tagging' ? 204 : 200 };
}

export async function deleteBucketConfiguration(call: S3Call): Promise<S3Answer> {
  const [name, { deletable, deleted }] = await find(call);
  if (!deletable) throw new S3Error('MethodNotAllowed', undefined, { Method: 'DELETE' });
  call.store.settings.change(call.bucket, { [name]: deleted === undefined ? undefined : DELETED });
  return { status: 204 };
}

/** Says of a policy that it makes nothing public: nobody but the account has access. */
export async function getBucketPolicyStatus(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  if (call.store.settings.read(call.bucket)['policy'] === undefined)
    throw new S3Error('NoSuchBucketPolicy', undefined, { BucketName: call.bucket });
  return { xml: { root: 'PolicyStatus', content: { IsPublic: 'FALSE' } } };
}

async function find(call: S3Call): Promise<[string, BucketConfiguration]> {
  await requireBucket(call);
  const name = configurationName(call.query) ?? '';
  return [name, bucketConfigurations[name] as BucketConfiguration];
}

function checkPolicy(text: string): void {
  if (!text.startsWith('{'))
    throw new S3Error('MalformedPolicy', "Policies must be valid JSON and the first byte must be '{'");
  try {
    JSON.parse(text);
  } catch {
    throw new S3Error('MalformedPolicy');
  }
}
