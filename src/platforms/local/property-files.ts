import { SluiceError } from '../../core/errors.ts';
import type { Json, PropertyFile } from '../../graph/index.ts';
import type { Stores } from '../../jobs/index.ts';
import { parseS3Uri } from '../../objects/index.ts';

/** The largest property file that is read. Bytes. */
const MAX_PROPERTY_FILE_BYTES = 1 << 20;

/** The values of property files, by name. @throws SluiceError `PropertyFileInvalid` */
export async function readPropertyFiles(
  files: Readonly<Record<string, PropertyFile>>,
  outputs: Readonly<Record<string, Json>>,
  stores: Stores,
): Promise<Record<string, Json>> {
  const entries = Object.entries(files).map(async ([name, file]) => {
    const uri = `${(outputs[file.outputName] as string).replace(/\/+$/, '')}/${file.path}`;
    return [name, await readJson(name, uri, stores)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function readJson(name: string, uri: string, stores: Stores): Promise<Json> {
  const { bucket, key } = parseS3Uri(uri);
  try {
    const store = stores.store(bucket);
    const { size, etag } = await store.head(bucket, key);
    if (size > MAX_PROPERTY_FILE_BYTES) throw new Error(`it has ${size} bytes, more than 1 MiB`);
    const { body } = await store.get(bucket, key, { size, ifMatch: etag });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json;
  } catch (cause) {
    if (cause instanceof SluiceError && cause.fault === 'system') throw cause;
    throw new SluiceError(
      'PropertyFileInvalid',
      `Property file '${name}' at ${uri} cannot be read: ${(cause as Error).message}`,
      { cause, hint: 'The job has to write this file, as JSON, into the directory of the output.' },
    );
  }
}
