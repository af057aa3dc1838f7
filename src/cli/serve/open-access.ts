import type { ServerSettings } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { homeCredentials, jobSecret } from '../../home/server/index.ts';
import {
  type Authorize,
  authorizeWith,
  createJobKeyring,
  createKeyring,
  isOpen,
  type Keyring,
} from '../../server/index.ts';
import type { Database } from '../../state/index.ts';
import type { CliContext } from '../context.ts';

/** Who may use a server. */
export interface ServerAccess {
  /** Undefined: everybody. */
  readonly keyring: Keyring | undefined;
  readonly authorize: Authorize | undefined;
  /** What a user is shown to export. */
  readonly shown: ShownCredentials;
}

/** Credentials as they are shown: whole only where Sluice made them itself. */
export type ShownCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'home'; readonly credentials: Credentials }
  | { readonly kind: 'environment' | 'configuration'; readonly accessKeyId: string };

/** Where keys are looked for. */
export interface AccessOptions {
  readonly context: Pick<CliContext, 'paths' | 'account' | 'environment'>;
  readonly settings: ServerSettings;
  readonly state: Database;
  /** `--enforce-iam`: there are credentials then. @default false */
  readonly enforced?: boolean | undefined;
  /** `--credentials`. @default what the settings say */
  readonly credentials?: boolean | undefined;
}

/**
 * The keys of a server: the home's own where they are wanted, those of the environment, those of the configuration.
 *
 * @throws SluiceError `InvalidArgument`, `ConfigInvalid`, `HomeReadOnly`
 */
export function openAccess({
  context,
  settings,
  state,
  enforced = false,
  credentials = enforced || undefined,
}: AccessOptions): ServerAccess {
  const { paths, account, environment } = context;
  const home = (credentials ?? settings.credentials) ? homeCredentials(paths.home) : undefined;
  const given = readCredentials(environment);
  const named = Object.entries(settings.keys ?? {}).map(([name, key]) => ({ name, ...key }));
  const owners = [
    ...(home ? [{ name: 'home', ...home }] : []),
    ...(given ? [{ name: 'environment', ...given }] : []),
    ...named,
  ];
  checkDifferent(owners.map(({ accessKeyId }) => accessKeyId));
  const first = owners[0];
  if (!first) return { keyring: undefined, authorize: undefined, shown: { kind: 'none' } };
  const jobs = createJobKeyring(jobSecret(paths.home), (holder) => isOpen(state, holder));
  const keyring = createKeyring(owners, jobs);
  const { jobAccess } = settings;
  return {
    keyring,
    authorize: authorizeWith({ keyring, account, enforced, ...(jobAccess && { jobAccess }) }),
    shown: home
      ? { kind: 'home', credentials: home }
      : { kind: given ? 'environment' : 'configuration', accessKeyId: first.accessKeyId },
  };
}

/** @throws SluiceError `InvalidArgument` when only one of the two is set. */
function readCredentials(environment: CliContext['environment']): Credentials | undefined {
  const accessKeyId = environment['SLUICE_ACCESS_KEY_ID'];
  const secretAccessKey = environment['SLUICE_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  if (!accessKeyId && !secretAccessKey) return undefined;
  throw new SluiceError(
    'InvalidArgument',
    'SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY: expected both or none, got one.',
  );
}

function checkDifferent(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return;
  throw new SluiceError('ConfigInvalid', `server.keys: the access key '${twice}' is there twice.`, {
    hint: 'Give each holder an access key of its own.',
  });
}
