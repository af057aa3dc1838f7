/**
 * DeleteObject and DeleteObjects.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */

import type { XmlElements } from '../../wire/xml.ts';
import { objectArn } from '../access-of-call.ts';
import { quoted, readWriteConditions } from '../conditions.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error, toS3Error } from '../s3-error.ts';
import { DOCUMENT_LIMIT_BYTES, readSmallBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';
import { requireBucket } from './buckets.ts';

export async function deleteObject(call: S3Call): Promise<S3Answer> {
  const { ifMatch } = readWriteConditions(call);
  await call.store.delete(call.bucket, call.key, ifMatch === undefined ? {} : { ifMatch });
  return { status: 204 };
}

/** Conditions on time and size are of directory buckets. */
const known = new Set(['Key', 'VersionId', 'ETag']);

function notImplementedElement(name: string): S3Error {
  return new S3Error('NotImplemented', `The element ${name} implies functionality that is not implemented.`);
}

/** Up to 1000 objects; each one's failure is told beside the others' success. */
export async function deleteObjects(call: S3Call): Promise<S3Answer> {
  await requireBucket(call);
  const document = parseXml(await readSmallBody(call, DOCUMENT_LIMIT_BYTES.keys), 'Delete');
  const objects = document['Object'] as readonly Readonly<Record<string, string>>[] | undefined;
  if (!objects || objects.length === 0 || objects.length > 1000) throw new S3Error('MalformedXML');
  const otherCondition = objects.flatMap(Object.keys).find((name) => !known.has(name));
  if (otherCondition !== undefined) throw notImplementedElement(otherCondition);
  const quiet = document['Quiet'] === 'true';
  const deleted: XmlElements[] = [];
  const errors: XmlElements[] = [];
  for (const { Key: key = '', ETag: etag, VersionId: version = 'null' } of objects) {
    try {
      if (version !== 'null') throw new S3Error('NoSuchVersion', undefined, { VersionId: version });
      await call.allow({ action: 's3:DeleteObject', resources: [objectArn(call, call.bucket, key)] });
      await call.store.delete(call.bucket, key, etag === undefined ? {} : { ifMatch: quoted(etag) });
      deleted.push({ Key: key });
    } catch (error) {
      const { code, message } = toS3Error(error, call.bucket, key);
      errors.push({
        Key: key,
        ...(version !== 'null' && { VersionId: version }),
        Code: code,
        Message: message,
      });
    }
  }
  return {
    xml: { root: 'DeleteResult', content: { ...(quiet ? {} : { Deleted: deleted }), Error: errors } },
  };
}
