import { Bundles } from '../../bundles/index.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';
import type { JobTask, Json } from '../../graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import type { OutputStore, TaskInvocation } from '../platform.ts';
import type { PollerTimes } from '../poller.ts';
import { SOURCE_ARCHIVE } from '../request/code.ts';
import { AwsAccess } from './aws-access.ts';
import { type PlacedCode, placeCode } from './place-code.ts';
import { type PlacedModel, placeModel } from './place-model.ts';
import { bringHome, stageInput } from './staging.ts';

/** What every platform of AWS works with. */
export interface AwsPlatformOptions {
  /** The home's own stores, bundles and account. */
  readonly stores: { store(bucket: string): ObjectStore };
  readonly bundles: Bundles;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly times?: Partial<PollerTimes>;
}

/** What is asked of AWS once, when a platform is first used. */
export interface AwsConnection {
  readonly account: Account;
  readonly store: ObjectStore;
  /** The account's default bucket. */
  readonly bucket: string;
  /** In that bucket. */
  readonly bundles: Bundles;
}

/** The inputs of a job as the platform finds them, and what has to be brought there before. */
export interface StagedInputs {
  readonly inputs: Readonly<Record<string, Json>>;
  /** Of what is brought. */
  readonly sizeBytes: number;
  readonly bring: readonly ((signal?: AbortSignal) => Promise<void>)[];
}

/** The account of a platform of AWS, and what jobs need there: data and code of this machine, places for their outputs. */
export class AwsSite {
  readonly access: AwsAccess;
  readonly #options: AwsPlatformOptions;
  #connection: Promise<AwsConnection> | undefined;

  constructor(settings: AwsSettings, options: AwsPlatformOptions) {
    this.#options = options;
    this.access = new AwsAccess(settings, options.environment);
  }

  /** Asks once; what has failed is asked for again. @throws as {@link AwsAccess.account} */
  connect(): Promise<AwsConnection> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  /** SageMaker's SDK makes its default bucket the same way. */
  async makeBucket(): Promise<void> {
    const { store, bucket } = await this.connect();
    if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
  }

  /** @throws SluiceError `ChannelNotFound`, `ChannelEmpty` */
  async stage({ task, inputs }: Pick<TaskInvocation, 'task' | 'inputs'>): Promise<StagedInputs> {
    const { store, bucket } = await this.connect();
    const bring: StagedInputs['bring'][number][] = [];
    const staged: Record<string, Json> = {};
    let sizeBytes = 0;
    for (const [name, value] of Object.entries(inputs)) {
      const isPlace = typeof value === 'string' && /^(?:s3|file):\/\//.test(value);
      const what = `Input '${name}' of task '${task.name}'`;
      const data = isPlace
        ? await stageInput(value, what, { home: this.#options.stores, store, bucket })
        : undefined;
      if (data) bring.push((signal) => data.bring(signal));
      sizeBytes += data?.sizeBytes ?? 0;
      staged[name] = data?.uri ?? value;
    }
    return { inputs: staged, sizeBytes, bring };
  }

  /** Of what lies in the platform's store. Bytes; undefined where some of it cannot be listed. */
  async sizeOf(uris: readonly string[]): Promise<number | undefined> {
    const { store } = await this.connect();
    let bytes = 0;
    try {
      for (const { bucket, key } of uris.map((uri) => parseS3Uri(uri)))
        for await (const { size } of store.list(bucket, { prefix: key })) bytes += size;
      return bytes;
    } catch {
      return undefined;
    }
  }

  /** @throws as {@link placeCode} */
  async placeCode(task: JobTask, as: 'archive' | 'files'): Promise<PlacedCode | undefined> {
    const { store, bucket, bundles } = await this.connect();
    return placeCode(task, as, { home: this.#options.bundles, bundles, store, bucket });
  }

  /** @param codeUri as {@link placeCode} gives it for an archive */
  async placeModel(what: string, uri: string, codeUri: string): Promise<PlacedModel> {
    const { store, bucket } = await this.connect();
    return placeModel({ what, uri, codeUri: `${codeUri}${SOURCE_ARCHIVE}`, store, bucket });
  }

  /** A run names a place in the home's own default bucket; there it is the one of the platform's account. */
  async outputUri(uri: string | undefined, jobName: string): Promise<string> {
    const { bucket } = await this.connect();
    if (uri === undefined) return `s3://${bucket}/${jobName}`;
    const place = parseS3Uri(uri);
    return place.bucket === defaultBucket(this.#options.account) ? `s3://${bucket}/${place.key}` : uri;
  }

  /** Undefined where the home's own store is that of the platform. */
  get store(): OutputStore | undefined {
    const { endpoint } = this.access.settings;
    const { stores, account } = this.#options;
    const own = stores.store(defaultBucket(account)).opening;
    if (own?.kind === 's3' && own.options.endpoint === endpoint) return undefined;
    return {
      place: endpoint ?? 'AWS',
      bring: async (uri, prefix, signal) => {
        const { store } = await this.connect();
        return this.access.call(`Reading ${uri}`, () =>
          bringHome(uri, prefix, { home: stores, store }, signal),
        );
      },
    };
  }

  /** Lets go of all clients. Idempotent. */
  async close(): Promise<void> {
    this.#connection = undefined;
    await this.access.close();
  }

  async #open(): Promise<AwsConnection> {
    const account = await this.access.account();
    const store = await this.access.store();
    const bundles = new Bundles({ stores: { store: () => store }, account });
    return { account, store, bucket: defaultBucket(account), bundles };
  }
}
