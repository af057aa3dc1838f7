import { SluiceError } from '../../core/errors.ts';
import { parseS3Uri, type S3Location } from '../../objects/s3-uri.ts';
import type { Stores } from '../channel.ts';
import { objectName } from './object-name.ts';
import { readWhole } from './read-whole.ts';
import { readObject, type SourceObject } from './source-object.ts';

/** Which manifest to read. */
export interface ManifestOptions {
  readonly channel: string;
  /** The manifest's own URI. */
  readonly uri: string;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The objects of a ManifestFile, in its order: `[{"prefix": "s3://bucket/some/"}, "relative/path", …]`. The prefix and
 * a path are joined as they are.
 *
 * @throws SluiceError `ManifestInvalid`, `ChannelNotFound`
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
 */
export async function* listManifest(options: ManifestOptions): AsyncGenerator<SourceObject> {
  const manifest = await manifestObject(options);
  const text = await readWhole(readObject(manifest, options.stores, options.signal));
  const [first, ...entries] = parseArray(options, text);
  const prefix = prefixOf(options, first);
  const { local } = options.stores.store(prefix.bucket);
  for (const [index, entry] of entries.entries()) {
    const object = manifestEntry(options, prefix, entry, index + 1);
    yield local ? { ...object, file: await local.file(prefix.bucket, prefix.key + entry) } : object;
  }
}

/** A manifest as an object to read. @throws SluiceError `ChannelNotFound` */
export async function manifestObject({ channel, uri, stores }: ManifestOptions): Promise<SourceObject> {
  if (uri.startsWith('file://')) return { name: 'manifest', file: decodeURIComponent(new URL(uri).pathname) };
  const { bucket, key } = parseS3Uri(uri);
  try {
    const { etag } = await stores.store(bucket).head(bucket, key);
    return { name: 'manifest', bucket, key, etag };
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.code.startsWith('NoSuch')) throw error;
    throw new SluiceError('ChannelNotFound', `Channel '${channel}': ${error.message}`, { cause: error });
  }
}

function parseArray(options: ManifestOptions, text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw manifestInvalid(options, `is no JSON: ${(error as Error).message}`);
  }
  if (Array.isArray(parsed)) return parsed;
  throw manifestInvalid(options, 'expected an array: [{"prefix": "s3://bucket/path/"}, "name", …]');
}

function prefixOf(options: ManifestOptions, first: unknown): S3Location {
  const prefix = (first as { prefix?: unknown } | null | undefined)?.prefix;
  if (typeof prefix !== 'string') {
    throw manifestInvalid(
      options,
      `expected {"prefix": "s3://…"} as its first element, got ${JSON.stringify(first)}`,
    );
  }
  try {
    return parseS3Uri(prefix);
  } catch {
    throw manifestInvalid(options, `expected an S3 URI as its prefix, got '${prefix}'`);
  }
}

function manifestEntry(
  options: ManifestOptions,
  prefix: S3Location,
  entry: unknown,
  index: number,
): SourceObject {
  if (typeof entry !== 'string') {
    throw manifestInvalid(options, `expected a string as element ${index}, got ${JSON.stringify(entry)}`);
  }
  const name = objectName(entry);
  if (name === undefined)
    throw manifestInvalid(options, `element ${index}, '${entry}', is no path of a file`);
  return { name, bucket: prefix.bucket, key: prefix.key + entry };
}

/** @internal */
export function manifestInvalid({ channel, uri }: ManifestOptions, what: string): SluiceError {
  return new SluiceError('ManifestInvalid', `Channel '${channel}': manifest ${uri}: ${what}.`);
}
