import { type Account, defaultBucket } from '../core/account.ts';
import { SluiceError } from '../core/errors.ts';
import type { Bundle } from '../graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../objects/index.ts';
import { BUNDLE_ARCHIVE, bundlePrefix, LAST_USED } from './bundle-places.ts';
import type { CodeFile } from './code-files.ts';
import { type BundleFile, digestOf } from './manifest.ts';
import { packBundle } from './pack-bundle.ts';
import { type ReadBundleOptions, readBundle } from './read-bundle.ts';
import { readCode, type SourceFile } from './read-code.ts';
import { verifiedBody } from './verified-body.ts';

/** Archives of so little code are put at once. Bytes, unpacked. */
const SMALL_BYTES = 4 * 1024 * 1024;

/** How often the use of a bundle is noted, milliseconds: `prune` leaves alone what was of use a while ago. */
const NOTED_EVERY_MS = 3_600_000;

/** Bundles whose verified files are remembered. */
const MOST_REMEMBERED = 256;

/** What bundles are kept with. */
export interface BundlesOptions {
  readonly stores: { store(bucket: string): ObjectStore };
  readonly account: Account;
  /** Where they are kept. @default the account's default bucket */
  readonly bucket?: string | undefined;
}

/** A bundle that is there and is what its digest says. */
export interface StoredBundle extends Bundle {
  readonly uri: string;
  readonly files: readonly BundleFile[];
}

/** The bundles of the default bucket, each kept once under its digest. */
export class Bundles {
  readonly #options: BundlesOptions;
  /** What was verified, by digest: the ETag of the archive then, and its files. */
  readonly #verified = new Map<string, { readonly etag: string; readonly files: readonly BundleFile[] }>();

  constructor(options: BundlesOptions) {
    this.#options = options;
  }

  /** Keeps code, unless it is there. Two that do it at once do no harm. @throws SluiceError `BundleInvalid` */
  async add(code: readonly CodeFile[]): Promise<StoredBundle> {
    const files = await readCode(code);
    const digest = digestOf(files);
    await this.#makeBucket();
    const found = await this.#find(digest).catch((error: unknown) => {
      if (isLost(error)) return undefined;
      throw error;
    });
    const stored = found ?? (await this.#put(digest, files, await bodyOf(files)));
    await this.#noteUse(digest);
    return stored;
  }

  /**
   * Keeps an archive from elsewhere, unless its bundle is there.
   *
   * @throws SluiceError `BundleInvalid` for one that does not hold what the digest says: nothing is kept then
   */
  async take(
    digest: string,
    archive: AsyncIterable<Uint8Array>,
    options: Pick<ReadBundleOptions, 'limits'> = {},
  ): Promise<StoredBundle> {
    await this.#makeBucket();
    const body = verifiedBody(digest, archive, options);
    const stored = await this.#put(digest, body.files, body.bytes);
    await this.#noteUse(digest);
    return stored;
  }

  /**
   * The bundle of a graph, verified; where it is not kept here, it is fetched from where the graph says. Its use is noted,
   * so that `prune` leaves it to a run that is about to begin.
   *
   * @param options the limits of what is fetched
   * @throws SluiceError `BundleNotFound`, `BundleInvalid`
   */
  async find(
    { digest, uri }: Bundle,
    options: Pick<ReadBundleOptions, 'limits'> = {},
  ): Promise<StoredBundle> {
    try {
      const found = await this.#find(digest);
      // A home that cannot be written can be read all the same.
      await this.#noteUse(digest).catch(() => undefined);
      return found;
    } catch (error) {
      if (uri === undefined || uri === this.uriOf(digest) || !isLost(error)) throw error;
      const { bucket, key } = parseS3Uri(uri);
      const content = await this.#options.stores
        .store(bucket)
        .get(bucket, key)
        .catch(() => {
          throw error;
        });
      return this.take(digest, content.body, options);
    }
  }

  /** Reads a bundle's files, verifying them: nothing of it counts until this resolves. @throws as {@link find} */
  async read(bundle: Bundle, onFile: NonNullable<ReadBundleOptions['onFile']>): Promise<StoredBundle> {
    const { digest, uri } = await this.find(bundle);
    const files = await readBundle(digest, (await this.#get(digest)).body, { onFile });
    return { digest, uri, files };
  }

  /** The archive of a bundle that {@link find} has verified. */
  async archive(digest: string): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#get(digest)).body;
  }

  /** Where the archive of a bundle is kept. */
  uriOf(digest: string): string {
    return `s3://${this.#bucket}/${archiveKey(digest)}`;
  }

  get #bucket(): string {
    return this.#options.bucket ?? defaultBucket(this.#options.account);
  }

  get #store(): ObjectStore {
    return this.#options.stores.store(this.#bucket);
  }

  async #find(digest: string): Promise<StoredBundle> {
    const uri = this.uriOf(digest);
    const { etag } = await this.#store.head(this.#bucket, archiveKey(digest)).catch((cause: unknown) => {
      throw notFound(digest, uri, cause);
    });
    const known = this.#verified.get(digest);
    if (known?.etag === etag) return { digest, uri, files: known.files };
    const files = await readBundle(digest, (await this.#get(digest, etag)).body);
    this.#remember(digest, { etag, files });
    return { digest, uri, files };
  }

  async #get(digest: string, ifMatch?: string): ReturnType<ObjectStore['get']> {
    const options = ifMatch === undefined ? {} : { ifMatch };
    return this.#store.get(this.#bucket, archiveKey(digest), options).catch((cause: unknown) => {
      throw notFound(digest, this.uriOf(digest), cause);
    });
  }

  async #put(
    digest: string,
    files: readonly BundleFile[] | Promise<readonly BundleFile[]>,
    body: Uint8Array | AsyncIterable<Uint8Array>,
  ): Promise<StoredBundle> {
    const { etag } = await this.#store.put(this.#bucket, archiveKey(digest), body);
    const verified = { etag, files: await files };
    this.#remember(digest, verified);
    return { digest, uri: this.uriOf(digest), files: verified.files };
  }

  #remember(
    digest: string,
    verified: { readonly etag: string; readonly files: readonly BundleFile[] },
  ): void {
    this.#verified.delete(digest);
    this.#verified.set(digest, verified);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > MOST_REMEMBERED && oldest !== undefined) this.#verified.delete(oldest);
  }

  /** SageMaker's SDK makes its default bucket the same way. */
  async #makeBucket(): Promise<void> {
    if (!(await this.#store.bucketExists(this.#bucket))) await this.#store.createBucket(this.#bucket);
  }

  /** Only where `prune` looks. */
  async #noteUse(digest: string): Promise<void> {
    if (!this.#store.local) return;
    const key = `${bundlePrefix(digest)}${LAST_USED}`;
    const noted = await this.#store.head(this.#bucket, key).catch(() => undefined);
    if (noted && Date.now() - noted.lastModified.getTime() < NOTED_EVERY_MS) return;
    await this.#store.put(this.#bucket, key, '');
  }
}

function archiveKey(digest: string): string {
  return `${bundlePrefix(digest)}${BUNDLE_ARCHIVE}`;
}

async function bodyOf(files: readonly SourceFile[]): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const archive = packBundle(files);
  if (files.reduce((sum, { size }) => sum + size, 0) > SMALL_BYTES) return archive;
  return Buffer.concat(await Array.fromAsync(archive));
}

function isLost(error: unknown): boolean {
  return error instanceof SluiceError && (error.code === 'BundleNotFound' || error.code === 'BundleInvalid');
}

function notFound(digest: string, uri: string, cause: unknown): unknown {
  if (!(cause instanceof SluiceError) || !['NoSuchKey', 'NoSuchBucket'].includes(cause.code)) return cause;
  return new SluiceError('BundleNotFound', `The bundle ${digest} is not at ${uri}.`, {
    cause,
    hint: 'Compile and run the workflow again where its code is, or bring the bundle along: sluice compile FILE -o graph.json writes it beside the graph.',
  });
}
