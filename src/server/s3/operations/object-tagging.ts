/**
 * GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
import { checkTags } from '../object-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { readSmallBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';

export async function getObjectTagging(call: S3Call): Promise<S3Answer> {
  const { tags = {} } = await call.store.head(call.bucket, call.key);
  const tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return { xml: { root: 'Tagging', content: { TagSet: { Tag: tag } } } };
}

export async function putObjectTagging(call: S3Call): Promise<S3Answer> {
  const document = parseXml(await readSmallBody(call), 'Tagging');
  const set = document['TagSet'] as
    | { readonly Tag?: readonly Readonly<Record<string, string>>[] }
    | ''
    | undefined;
  const given = set === '' || set === undefined ? [] : (set.Tag ?? []);
  const tags = checkTags(given.map(({ Key = '', Value = '' }) => [Key, Value] as const));
  await call.store.updateRecord(call.bucket, call.key, (record) => ({ ...record, tags }));
  return {};
}

export async function deleteObjectTagging(call: S3Call): Promise<S3Answer> {
  await call.store.updateRecord(call.bucket, call.key, (record) => ({ ...record, tags: {} }));
  return { status: 204 };
}
