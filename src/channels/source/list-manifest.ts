import { SluiceError } from '../../core/errors.ts';
import { parseS3Uri, type S3Location } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';
import { jsonElements, NoJsonArray } from './json-elements.ts';
import { objectName } from './object-name.ts';
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
 * a path are joined as they are. It is read as a stream, whatever its length.
 *
 * @throws SluiceError `ManifestInvalid`, `ChannelNotFound`
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
 */
export async function* listManifest(options: ManifestOptions): AsyncGenerator<SourceObject> {
  let index = 0;
  let prefix: S3Location | undefined;
  for await (const elements of elementsOf(options)) {
    for (const element of elements) {
      if (prefix) yield await manifestEntry(options, prefix, element, index);
      else prefix = prefixOf(options, element);
      index++;
    }
  }
}

async function* elementsOf(options: ManifestOptions): AsyncGenerator<readonly unknown[]> {
  const manifest = await manifestObject(options);
  try {
    yield* jsonElements(readObject(manifest, options.stores, options.signal));
  } catch (error) {
    if (!(error instanceof NoJsonArray)) throw error;
    throw manifestInvalid(
      options,
      `${error.message}; its form is [{"prefix": "s3://bucket/path/"}, "name", …]`,
    );
  }
}

/** A manifest as an object to read. @throws SluiceError `ChannelNotFound` */
export async function manifestObject({ channel, uri, stores }: ManifestOptions): Promise<SourceObject> {
  if (uri.startsWith('file://')) return { name: 'manifest', file: decodeURIComponent(new URL(uri).pathname) };
  const { bucket, key } = parseS3Uri(uri);
  try {
    const { etag, size } = await stores.store(bucket).head(bucket, key);
    return { name: 'manifest', bucket, key, etag, size };
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.code.startsWith('NoSuch')) throw error;
    throw new SluiceError('ChannelNotFound', `Channel '${channel}': ${error.message}`, { cause: error });
  }
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

async function manifestEntry(
  options: ManifestOptions,
  prefix: S3Location,
  entry: unknown,
  index: number,
): Promise<SourceObject> {
  if (typeof entry !== 'string') {
    throw manifestInvalid(options, `expected a string as element ${index}, got ${JSON.stringify(entry)}`);
  }
  const name = objectName(entry);
  if (name === undefined)
    throw manifestInvalid(options, `element ${index}, '${entry}', is no path of a file`);
  const { bucket } = prefix;
  const key = prefix.key + entry;
  const { local } = options.stores.store(bucket);
  return { name, bucket, key, ...(local && { file: await local.file(bucket, key) }) };
}

/** @internal */
export function manifestInvalid({ channel, uri }: ManifestOptions, what: string): SluiceError {
  return new SluiceError('ManifestInvalid', `Channel '${channel}': manifest ${uri}: ${what}.`);
}
