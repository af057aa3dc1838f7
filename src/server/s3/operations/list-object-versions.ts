/**
 * ListObjectVersions: every object is its one version, `null`, as in a bucket that never had versioning.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 * By design: there is no versioning.
 */
import { readEncoding, readLimit, readListPage } from '../list-page.ts';
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';

export async function listObjectVersions(call: S3Call): Promise<S3Answer> {
  const { type, encode } = readEncoding(call);
  const prefix = call.query.get('prefix') ?? '';
  const delimiter = call.query.get('delimiter') ?? '';
  const marker = call.query.get('key-marker') ?? '';
  const maxKeys = readLimit(call, 'max-keys');
  const page = await readListPage(call, { prefix, delimiter, after: marker, maxKeys });
  const next = { NextKeyMarker: encode(page.last), NextVersionIdMarker: 'null' };
  return {
    xml: {
      root: 'ListVersionsResult',
      content: {
        Name: call.bucket,
        Prefix: encode(prefix),
        KeyMarker: encode(marker),
        VersionIdMarker: '',
        ...(page.truncated ? next : {}),
        MaxKeys: maxKeys,
        Delimiter: delimiter === '' ? undefined : encode(delimiter),
        EncodingType: type,
        IsTruncated: page.truncated,
        Version: page.objects.map(
          ({ key, lastModified, etag, size, checksum, storageClass = 'STANDARD' }) => ({
            Key: encode(key),
            VersionId: 'null',
            IsLatest: true,
            LastModified: lastModified,
            ETag: etag,
            ChecksumAlgorithm: checksum?.algorithm,
            ChecksumType: checksum?.type,
            Size: size,
            StorageClass: storageClass,
            Owner: owner(call),
          }),
        ),
        CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
      },
    },
  };
}
