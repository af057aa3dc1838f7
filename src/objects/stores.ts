import { readFileSync } from 'node:fs';
import { resolveAccount } from '../core/account.ts';
import { SluiceError } from '../core/errors.ts';
import { homePaths, serverFile } from '../core/home.ts';
import { expectListener } from './expect-listener.ts';
import type { S3StoreOptions } from './s3/s3-options.ts';
import type { ObjectStore } from './store.ts';
import type { UploadJournal } from './upload-journal.ts';

/** Finds the store that holds a bucket. */
export interface OpenStores {
  store(bucket: string): ObjectStore;
  /** Where what writes files beside the stores tells of them, too. */
  readonly journal?: UploadJournal | undefined;
  close(): Promise<void>;
}

/** What `s3://` means: the embedded store, AWS, or another endpoint. */
export type S3Setting = 'embedded' | 'aws' | S3StoreOptions;

export interface StoresOptions {
  /** The home whose embedded store is meant. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From a configuration file; goes before the environment. */
  readonly config?: { readonly s3?: S3Setting };
  /** Looks first whether anybody listens at an endpoint of this machine. @default false */
  readonly probe?: boolean;
  /** Is told of what is uploaded in parts. @default nobody */
  readonly journal?: UploadJournal;
}

/**
 * The stores behind `s3://`. The embedded store, unless another one was named on purpose: by the configuration, by
 * `SLUICE_S3` (`aws`, an endpoint's URL, or `embedded`), or by the AWS variables for an endpoint, `AWS_ENDPOINT_URL_S3`
 * and `AWS_ENDPOINT_URL`. Credentials alone change nothing: many have some in their environment, and a job that was meant
 * to run here must not write to their account.
 *
 * @throws SluiceError `InvalidArgument`, with `probe` `StoreUnavailable`
 */
export async function createStores(options: StoresOptions): Promise<OpenStores> {
  const named = options.config?.s3
    ? { setting: options.config.s3, by: '--endpoint-url' }
    : settingOf(options.environment);
  const setting = resolveSetting(options, named.setting);
  if (setting === 'embedded') {
    const { createDirectoryStore } = await import('./directory/create-directory-store.ts');
    const store = createDirectoryStore(homePaths(options.home).objects);
    return { store: () => store, journal: options.journal, close: async () => undefined };
  }
  if (options.probe && setting.endpoint !== undefined) await expectListener(setting.endpoint, named.by);
  // Its HTTP client takes longer to load than most commands take to run.
  const { createS3Store } = await import('./s3/create-s3-store.ts');
  const store = createS3Store(setting, options.journal);
  return { store: () => store, journal: options.journal, close: () => store.close() };
}

/** The setting that holds, completed by the usual AWS variables. */
function resolveSetting(
  { home, environment }: StoresOptions,
  setting: S3Setting,
): 'embedded' | S3StoreOptions {
  if (setting === 'embedded') return setting;
  if (setting !== 'aws' && isOwnServer(home, setting.endpoint)) return 'embedded';
  const { region } = resolveAccount(environment);
  const profile = environment['AWS_PROFILE'];
  const common = { region, ...(profile ? { profile } : {}) };
  return setting === 'aws' ? common : { ...common, ...setting };
}

/** The server of this very home would read the same files: they need not go over the network. */
function isOwnServer(home: string, endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false;
  try {
    const { url } = JSON.parse(readFileSync(serverFile(home), 'utf8')) as { readonly url: string };
    return (
      new URL(url).port === new URL(endpoint).port &&
      /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(endpoint).hostname)
    );
  } catch {
    return false;
  }
}

/** The setting of the environment, and the variable that makes it. */
function settingOf(environment: StoresOptions['environment']): { setting: S3Setting; by: string } {
  const named = environment['SLUICE_S3'];
  if (named === 'embedded' || named === 'aws') return { setting: named, by: 'SLUICE_S3' };
  for (const by of ['SLUICE_S3', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    const endpoint = environment[by];
    if (!endpoint) continue;
    if (URL.canParse(endpoint) && /^https?:\/\/[^/]/.test(endpoint)) return { setting: { endpoint }, by };
    const expected =
      by === 'SLUICE_S3' ? "'embedded', 'aws' or the URL of an endpoint" : 'the URL of an endpoint';
    throw new SluiceError('InvalidArgument', `${by}: expected ${expected}, got '${endpoint}'.`);
  }
  return { setting: 'embedded', by: '' };
}
