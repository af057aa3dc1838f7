import { type BundlesOptions, readArchiveFile } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import type { Json, PropertyFile } from '../../graph/index.ts';
import { parseS3Uri, readSmall } from '../../objects/index.ts';

/** Where they are read from. */
type Stores = BundlesOptions['stores'];

/** The largest property file that is read. Bytes. */
const MAX_PROPERTY_FILE_BYTES = 1 << 20;

/** The values of property files, by name. @throws SluiceError `PropertyFileInvalid` */
export async function readPropertyFiles(
  files: Readonly<Record<string, PropertyFile>>,
  outputs: Readonly<Record<string, Json>>,
  stores: Stores,
): Promise<Record<string, Json>> {
  const entries = Object.entries(files).map(async ([name, file]) => {
    const place = outputs[file.outputName];
    return [name, await readJson(name, typeof place === 'string' ? place : undefined, file, stores)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function readJson(
  name: string,
  place: string | undefined,
  { outputName, path }: PropertyFile,
  stores: Stores,
): Promise<Json> {
  try {
    if (place === undefined) throw new Error(`the job has left no ${outputName}`);
    const bytes = place.endsWith('.tar.gz')
      ? await readArchiveFile(await openObject(place, stores), path, MAX_PROPERTY_FILE_BYTES)
      : await readObject(`${place.replace(/\/+$/, '')}/${path}`, stores);
    if (bytes === undefined) throw new Error('the archive has no such file');
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch (cause) {
    if (cause instanceof SluiceError && cause.fault === 'system') throw cause;
    throw new SluiceError(
      'PropertyFileInvalid',
      `Property file '${name}' at ${place ?? outputName}/${path} cannot be read: ${(cause as Error).message}`,
      { cause, hint: 'The job has to write this file, as JSON, into the directory of the output.' },
    );
  }
}

async function openObject(uri: string, stores: Stores): Promise<AsyncIterable<Uint8Array>> {
  const { bucket, key } = parseS3Uri(uri);
  const store = stores.store(bucket);
  const { size, etag } = await store.head(bucket, key);
  return (await store.get(bucket, key, { size, ifMatch: etag })).body;
}

async function readObject(uri: string, stores: Stores): Promise<Buffer> {
  const bytes = await readSmall(stores.store(parseS3Uri(uri).bucket), uri, MAX_PROPERTY_FILE_BYTES);
  if (bytes === undefined) throw new Error('there is no such object');
  if (bytes.length > MAX_PROPERTY_FILE_BYTES) throw new Error('it has more than 1 MiB');
  return bytes;
}
