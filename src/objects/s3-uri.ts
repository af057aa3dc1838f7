import { SluiceError } from '../core/errors.ts';

/** The two parts of `s3://bucket/key`. The key may be empty. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Reads `s3://bucket/key`. The key is taken as it stands, without decoding.
 *
 * @throws SluiceError `InvalidArgument` when it is no S3 URI.
 */
export function parseS3Uri(uri: string): S3Location {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  if (!match) {
    throw new SluiceError('InvalidArgument', `Expected an S3 URI such as s3://bucket/key, got '${uri}'.`);
  }
  return { bucket: match[1] as string, key: match[2] ?? '' };
}

/** Makes `s3://bucket/key` of its parts. */
export function formatS3Uri(location: S3Location): string {
  return `s3://${location.bucket}/${location.key}`;
}
