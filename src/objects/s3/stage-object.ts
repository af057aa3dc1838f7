import { createHash } from 'node:crypto';
import type { StagedOutput } from '../../core/staged-output.ts';
import type { ObjectBody, StageOptions } from '../store.ts';
import { inParts, type UploadContext, uploadParts } from './upload-parts.ts';

/** Sends an object in parts, and leaves its upload open: no list shows it before that is completed. What fails is aborted. */
export async function stageObject(
  context: UploadContext,
  bucket: string,
  key: string,
  body: ObjectBody,
  options: StageOptions,
): Promise<StagedOutput> {
  return uploadParts(context, { Bucket: bucket, Key: key }, inParts(body, options), options.signal);
}

/** S3's ETag of what a staged object becomes: the MD5 of its parts' MD5s, and their number. */
export function stagedEtag({ parts = [] }: StagedOutput): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${hash.digest('hex')}-${parts.length}"`;
}
