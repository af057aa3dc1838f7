import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The places inside one home. All paths are absolute. */
export interface HomePaths {
  readonly home: string;
  /** The embedded database. */
  readonly database: string;
  /** The embedded object store: `<objects>/<bucket>/<key>`. */
  readonly objects: string;
  /** One directory for each job: `<jobs>/<type>/<name>/`. */
  readonly jobs: string;
  /** Things that can be made again: virtual environments, probes. */
  readonly cache: string;
  /** Secrets that settings name, a file each. */
  readonly secrets: string;
}

/**
 * The home: `--home`, else `SLUICE_HOME`, else `$XDG_DATA_HOME/sluice`, else `~/.local/share/sluice`.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function resolveHome(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (option) return resolve(option);
  if (environment['SLUICE_HOME']) return resolve(environment['SLUICE_HOME']);
  const xdg = environment['XDG_DATA_HOME'];
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.local', 'share'), 'sluice');
}

/** The layout of a home. Pure: nothing is created. */
export function homePaths(home: string): HomePaths {
  return {
    home,
    database: join(home, 'sluice.db'),
    objects: join(home, 's3'),
    jobs: join(home, 'jobs'),
    cache: join(home, 'cache'),
    secrets: join(home, 'secrets'),
  };
}

/** The directory of a job: its hosts' data, and its logs in {@link LOGS_DIRECTORY}. Nothing keeps it: it follows from the home. */
export function jobDirectory(
  { jobs }: Pick<HomePaths, 'jobs'>,
  { type, name }: { readonly type: string; readonly name: string },
): string {
  return join(jobs, type, name);
}

/** Where the logs lie in a job's directory, a file for each stream. */
export const LOGS_DIRECTORY = 'logs';

/** Who serves a home, and where: there while a server runs. */
export function serverFile(home: string): string {
  return join(home, 'server.json');
}

/** Locked by the server of the home for as long as it runs. */
export function serverLockFile(home: string): string {
  return join(home, 'server.lock');
}

/** The home's own credentials, which `sluice serve --credentials` makes. */
export function credentialsFile(home: string): string {
  return join(home, 'credentials.json');
}

/** What the credentials of jobs are made from. */
export function jobSecretFile(home: string): string {
  return join(home, 'job-credentials.key');
}

/** Settings for the SageMaker Python SDK that `sluice serve` writes. */
export function sdkConfigurationFile(home: string): string {
  return join(home, 'sagemaker-sdk.yaml');
}

/** The processes that run jobs of a home's servers, a file for each: `<process id>.json`. */
export function runnersDirectory(home: string): string {
  return join(home, 'runners');
}

/** The files of working directories that the user trusts, a file for each. */
export function trustDirectory(home: string): string {
  return join(home, 'trusted');
}
