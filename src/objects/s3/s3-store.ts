import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { StagedOutput } from '../../core/staged-output.ts';
import { parseS3Uri } from '../s3-uri.ts';
import type {
  BucketSummary,
  DownloadItems,
  DownloadOptions,
  GetOptions,
  LevelEntry,
  LevelOptions,
  ListOptions,
  ObjectBody,
  ObjectContent,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  ObjectVerifier,
  ObjectVersion,
  PutOptions,
  StageOptions,
  StoreOpening,
} from '../store.ts';
import type { OpenUpload, UploadJournal } from '../upload-journal.ts';
import { downloadObjects } from './download-objects.ts';
import { fetchHead } from './fetch-head.ts';
import { listObjects, listS3Level } from './list-objects.ts';
import { readObjectHead } from './object-headers.ts';
import { openVerifier } from './open-verifier.ts';
import { readObject } from './read-object.ts';
import { S3Connection } from './s3-connection.ts';
import { s3Error } from './s3-error.ts';
import { DEFAULT_CONCURRENCY, type S3StoreOptions } from './s3-options.ts';
import { FailedAnswer } from './s3-request.ts';
import { createSdkClient } from './sdk-client.ts';
import { stagedEtag, stageObject } from './stage-object.ts';
import { uploadObject } from './upload-object.ts';
import { abortUpload, completeUpload, type UploadContext } from './upload-parts.ts';

/** Uploads that are aborted at once. */
const DISCARDED_AT_ONCE = 8;

/** Objects of an S3 endpoint: AWS, or any store that speaks its protocol. */
export class S3Store implements ObjectStore {
  readonly kind = 's3';
  readonly #options: S3StoreOptions;
  readonly #connection: S3Connection;
  readonly #journal: UploadJournal | undefined;
  #client: Promise<S3Client> | undefined;

  constructor(options: S3StoreOptions, journal?: UploadJournal) {
    this.#options = options;
    this.#journal = journal;
    this.#connection = new S3Connection(options);
  }

  get opening(): StoreOpening | undefined {
    return this.#options.provider ? undefined : { kind: 's3', options: this.#options };
  }

  list(bucket: string, options?: ListOptions): AsyncIterable<ObjectSummary> {
    return listObjects(this.#connection, bucket, options);
  }

  listLevel(bucket: string, options: LevelOptions): AsyncIterable<LevelEntry> {
    return listS3Level(this.#connection, bucket, options);
  }

  async head(bucket: string, key: string): Promise<ObjectHead> {
    try {
      return readObjectHead(await fetchHead(this.#connection, { bucket, key }));
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'NoSuchKey') throw error;
      // An answer to HEAD has no body that would say which of the two is missing.
      if (await this.bucketExists(bucket)) throw error;
      throw new SluiceError('NoSuchBucket', `There is no bucket '${bucket}'.`, {
        cause: error,
        details: { bucket },
      });
    }
  }

  get(bucket: string, key: string, options: GetOptions = {}): Promise<ObjectContent> {
    return readObject(this.#connection, bucket, key, options);
  }

  openVerifier(bucket: string, key: string, version: ObjectVersion): Promise<ObjectVerifier | undefined> {
    return openVerifier(this.#connection, { bucket, key, ...version });
  }

  async put(bucket: string, key: string, body: ObjectBody, options: PutOptions = {}): Promise<ObjectHead> {
    return this.#uploading(bucket, key, (context) => uploadObject(context, bucket, key, body, options));
  }

  async stage(bucket: string, key: string, body: ObjectBody, options: StageOptions): Promise<StagedOutput> {
    return this.#uploading(bucket, key, (context) => stageObject(context, bucket, key, body, options));
  }

  async publishStaged(staged: StagedOutput): Promise<void> {
    const { bucket, key } = parseS3Uri(staged.uri);
    try {
      await this.#uploading(bucket, key, (context) => completeUpload(context, staged));
    } catch (error) {
      // Somebody has published it before. Some stores do not say so, but have the very object.
      const published = isNoSuchUpload(error)
        ? await this.head(bucket, key)
        : await this.head(bucket, key).catch(() => undefined);
      if (!isNoSuchUpload(error) && published?.etag !== stagedEtag(staged)) throw error;
      await this.#journal?.ended(staged);
    }
  }

  async discardStaged(_owner: string, staged: readonly OpenUpload[]): Promise<void> {
    await forEachAtOnce(staged, DISCARDED_AT_ONCE, undefined, async (each) => {
      const { bucket, key } = parseS3Uri(each.uri);
      try {
        await this.#uploading(bucket, key, (context) => abortUpload(context, each));
      } catch (error) {
        if (!isNoSuchUpload(error)) throw error;
        await this.#journal?.ended(each);
      }
    });
  }

  async download(bucket: string, items: DownloadItems, options?: DownloadOptions): Promise<void> {
    await downloadObjects(
      this.#connection,
      bucket,
      items,
      this.#options.concurrency ?? DEFAULT_CONCURRENCY,
      options,
    );
  }

  async delete(bucket: string, key: string): Promise<void> {
    await this.#connection.fetch({ method: 'DELETE', bucket, key });
  }

  async createBucket(bucket: string): Promise<void> {
    const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
    const region = this.#options.region ?? 'us-east-1';
    const location =
      region === 'us-east-1'
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
    await this.#withClient(bucket, '', async (client) => {
      try {
        await client.send(new CreateBucketCommand({ Bucket: bucket, ...location }));
      } catch (error) {
        if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
      }
    });
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this.#connection.fetch({ method: 'DELETE', bucket, key: '' });
  }

  async bucketExists(bucket: string): Promise<boolean> {
    try {
      await this.#connection.fetch({ method: 'HEAD', bucket, key: '' });
      return true;
    } catch (error) {
      const status =
        error instanceof SluiceError && error.cause instanceof FailedAnswer ? error.cause.failure.status : 0;
      if (status === 404) return false;
      if (status === 403) return true;
      throw error;
    }
  }

  async listBuckets(): Promise<readonly BucketSummary[]> {
    const { paginateListBuckets } = await import('@aws-sdk/client-s3');
    return this.#withClient('', '', async (client) => {
      const buckets: BucketSummary[] = [];
      for await (const { Buckets = [] } of paginateListBuckets({ client }, {})) {
        for (const { Name = '', CreationDate = new Date(0) } of Buckets)
          buckets.push({ name: Name, created: CreationDate });
      }
      return buckets;
    });
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#connection.close();
    if (this.#client) (await this.#client).destroy();
  }

  #uploading<T>(bucket: string, key: string, action: (context: UploadContext) => Promise<T>): Promise<T> {
    return this.#withClient(bucket, key, (client) => action({ client, journal: this.#journal }));
  }

  async #withClient<T>(bucket: string, key: string, action: (client: S3Client) => Promise<T>): Promise<T> {
    this.#client ??= createSdkClient(this.#options, this.#connection);
    try {
      return await action(await this.#client);
    } catch (error) {
      throw sdkError(error, bucket, key);
    }
  }
}

function isNoSuchUpload(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'NoSuchUpload';
}

/** An exception of the SDK, in the words of the store; others, as of what was to be uploaded, are as they are. */
function sdkError(error: unknown, bucket: string, key: string): unknown {
  const { name, message, $metadata } = error as Partial<S3ServiceException>;
  // The SDK marks so what a request of its own met: connections, TLS, answers that are none.
  if ($metadata === undefined || error instanceof SluiceError || name === 'AbortError') return error;
  if ($metadata.httpStatusCode === undefined || $metadata.httpStatusCode < 300)
    return new SluiceError('StoreUnavailable', `s3://${bucket}/${key}: ${message || name}`, {
      cause: error,
      hint: 'The endpoint could not be reached, or broke off again and again. Check the network and the endpoint.',
    });
  const failure = { status: $metadata.httpStatusCode, code: name ?? '', message: message ?? '' };
  return s3Error(failure, bucket, key, error);
}
