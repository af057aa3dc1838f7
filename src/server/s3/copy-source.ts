import type { OpenObject } from '../../objects/directory/index.ts';
import { checkReadConditions, notModified } from './conditions.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error, unknownVersion } from './s3-error.ts';

const PREFIX = 'x-amz-copy-source-';

/**
 * Opens the object that a copy is made of. Whoever takes it closes its file.
 *
 * @throws S3Error `InvalidArgument`, `PreconditionFailed`
 */
export async function openCopySource(call: S3Call): Promise<OpenObject & { readonly bucket: string }> {
  const { bucket, key } = copySource(call);
  const object = await call.store.open(bucket, key).catch((error: unknown) => {
    throw (error as { code?: string }).code === 'NoSuchKey'
      ? new S3Error('NoSuchKey', undefined, { Key: key })
      : error;
  });
  try {
    if (checkReadConditions(call, object, PREFIX)) throw notModified(call, PREFIX);
    return { ...object, bucket };
  } catch (error) {
    object.file.close();
    throw error;
  }
}

/** The object that a copy is made of. @throws S3Error `InvalidArgument` */
export function copySource(call: Pick<S3Call, 'header'>): { bucket: string; key: string } {
  return parse(call.header('x-amz-copy-source') ?? '');
}

function parse(header: string): { bucket: string; key: string } {
  const [path = '', version = 'null'] = header.split('?versionId=');
  if (version !== 'null') throw unknownVersion(version);
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decode(path));
  if (match) return { bucket: match[1] as string, key: match[2] as string };
  throw new S3Error(
    'InvalidArgument',
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    {
      ArgumentName: 'x-amz-copy-source',
      ArgumentValue: header,
    },
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
