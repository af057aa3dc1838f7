/**
 * GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
import { checkTags } from '../object-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { formatTagSet, readTagSet } from '../tag-set.ts';
import { readSmallBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';

export async function getObjectTagging(call: S3Call): Promise<S3Answer> {
  const { tags = {} } = await call.store.head(call.bucket, call.key);
  return { xml: { root: 'Tagging', content: formatTagSet(tags) } };
}

export async function putObjectTagging(call: S3Call): Promise<S3Answer> {
  const tags = checkTags(readTagSet(parseXml(await readSmallBody(call), 'Tagging')));
  await call.store.updateRecord(call.bucket, call.key, (record) => ({ ...record, tags }));
  return {};
}

export async function deleteObjectTagging(call: S3Call): Promise<S3Answer> {
  await call.store.updateRecord(call.bucket, call.key, (record) => ({ ...record, tags: {} }));
  return { status: 204 };
}
