import { createHash } from 'node:crypto';
import { repackModel } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import { isThere } from './is-there.ts';

/** Where models with their code lie, each pair once. */
const PREFIX = 'sluice/models/';

/** A model with its code, and where a platform finds it once it was brought there. */
export interface PlacedModel {
  /** `s3://…/model.tar.gz` */
  readonly uri: string;
  bring(): Promise<void>;
}

/** What a model and its code are put together from. */
export interface PlaceModelOptions {
  /** For messages: `Input 'model' of task 'score'`. */
  readonly what: string;
  /** `s3://…` of the platform; what is still to be brought there is named by its content. */
  readonly uri: string;
  /** The `sourcedir.tar.gz`, `s3://…` of the platform. */
  readonly codeUri: string;
  readonly store: ObjectStore;
  /** Sluice's own. */
  readonly bucket: string;
}

/** A model's archive with the code in it: to be brought once both are there. */
export async function placeModel({
  what,
  uri,
  codeUri,
  store,
  bucket,
}: PlaceModelOptions): Promise<PlacedModel> {
  const version = await etagOf(uri, store);
  const digest = createHash('sha256')
    .update(JSON.stringify([uri, version, codeUri]))
    .digest('hex');
  const key = `${PREFIX}${digest}/model.tar.gz`;
  return {
    uri: `s3://${bucket}/${key}`,
    async bring() {
      if (await isThere(store, bucket, key)) return;
      const [model, code] = await Promise.all([read(uri, store, version), read(codeUri, store)]);
      await store.put(bucket, key, repackModel(what, model, code));
    },
  };
}

async function etagOf(uri: string, store: ObjectStore): Promise<string | undefined> {
  const { bucket, key } = parseS3Uri(uri);
  try {
    return (await store.head(bucket, key)).etag;
  } catch (error) {
    if (error instanceof SluiceError && (error.code === 'NoSuchKey' || error.code === 'NoSuchBucket'))
      return undefined;
    throw error;
  }
}

async function read(uri: string, store: ObjectStore, version?: string): Promise<AsyncIterable<Uint8Array>> {
  const { bucket, key } = parseS3Uri(uri);
  return (await store.get(bucket, key, version === undefined ? {} : { ifMatch: version })).body;
}
