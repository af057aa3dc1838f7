import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { writeWhole } from '../../core/write-whole.ts';
import { createStores, type OpenStores, parseS3Uri } from '../../objects/index.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The places that Flyte names to a container: of its object store, and in its sandbox of the file system. */
export interface FlytePlaces extends AsyncDisposable {
  /** @throws SluiceError `NoSuchKey`, `NoSuchBucket`, `StoreUnavailable`, … */
  read(uri: string): Promise<Buffer>;
  /** Whole, or not at all. */
  write(uri: string, bytes: Buffer): Promise<void>;
}

/**
 * Opens Flyte's store. Its pods are told of another one than AWS by `FLYTE_AWS_ENDPOINT`, with
 * `FLYTE_AWS_ACCESS_KEY_ID` and `FLYTE_AWS_SECRET_ACCESS_KEY`.
 */
export async function openFlytePlaces(environment: Environment, home: string): Promise<FlytePlaces> {
  const stores = await createStores({ home, environment: awsEnvironment(environment) });
  return {
    read: (uri) => readPlace(uri, stores),
    write: (uri, bytes) => writePlace(uri, bytes, stores),
    [Symbol.asyncDispose]: () => stores.close(),
  };
}

/** The AWS SDK reads keys from the environment of the process itself. */
function awsEnvironment(environment: Environment): Environment {
  const { FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID, FLYTE_AWS_SECRET_ACCESS_KEY } = environment;
  if (FLYTE_AWS_ACCESS_KEY_ID && !environment['AWS_ACCESS_KEY_ID']) {
    process.env['AWS_ACCESS_KEY_ID'] = FLYTE_AWS_ACCESS_KEY_ID;
    process.env['AWS_SECRET_ACCESS_KEY'] = FLYTE_AWS_SECRET_ACCESS_KEY ?? '';
  }
  const named = environment['SLUICE_S3'] || FLYTE_AWS_ENDPOINT;
  const isSet = named || environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'];
  return { ...environment, ...(named ? { SLUICE_S3: named } : !isSet && { SLUICE_S3: 'aws' }) };
}

async function readPlace(uri: string, stores: OpenStores): Promise<Buffer> {
  const path = pathOf(uri);
  if (path === undefined) {
    const { bucket, key } = parseS3Uri(uri);
    const { body } = await stores.store(bucket).get(bucket, key);
    return buffer(body);
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SluiceError('NoSuchKey', `${uri} cannot be read: ${errorMessage(cause)}`, { cause });
  }
}

async function writePlace(uri: string, bytes: Buffer, stores: OpenStores): Promise<void> {
  const path = pathOf(uri);
  if (path === undefined) {
    const { bucket, key } = parseS3Uri(uri);
    await stores.store(bucket).put(bucket, key, bytes);
    return;
  }
  writeWhole(path, bytes);
}

/** Of a place in the file system; undefined for S3. @throws SluiceError `InvalidArgument` */
function pathOf(uri: string): string | undefined {
  if (uri.startsWith('s3://')) return undefined;
  if (uri.startsWith('/')) return uri;
  if (uri.startsWith('file:///')) return fileURLToPath(uri);
  throw new SluiceError('InvalidArgument', `'${uri}': expected a place in S3 or a path.`, {
    hint: 'Functions of a workflow run where Flyte keeps its data in S3; --pipeline has them run by the connector.',
  });
}
