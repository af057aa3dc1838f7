import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { errorMessage, SluiceError, systemErrorCode } from '../../../core/errors.ts';
import { type AdminSettings, AUTH_TYPES, type AuthType, parseEndpoint } from './admin-settings.ts';

/** What the command line says. */
export interface AdminOptions {
  /** A configuration file of flytectl. */
  readonly file?: string | undefined;
  /** Goes before the file's. */
  readonly endpoint?: string | undefined;
  /** Goes before the file's. */
  readonly insecure?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where FlyteAdmin is, as flytectl and pyflyte find it: the command line, `FLYTE_PLATFORM_URL`, and the file that
 * `--flyte-config` or `FLYTECTL_CONFIG` names, or `~/.flyte/config.yaml`.
 *
 * @throws SluiceError `ConfigInvalid`, and `InvalidArgument` where nothing says where FlyteAdmin is
 */
export async function readAdminSettings(
  options: AdminOptions,
  environment: Environment,
): Promise<AdminSettings> {
  const named = options.file ?? environment['FLYTECTL_CONFIG'];
  const file = named || join(environment['HOME'] ?? homedir(), '.flyte', 'config.yaml');
  const config = await readConfig(file, Boolean(named));
  const admin = new Section(file, 'admin', section(config, 'admin', file));
  const fromFile = admin.text('endpoint');
  const endpoint = endpointOf(options, environment, fromFile, file);
  return {
    endpoint: endpoint.endpoint,
    insecure:
      options.insecure ??
      endpoint.insecure ??
      flag(environment['FLYTE_PLATFORM_INSECURE']) ??
      admin.flag('insecure') ??
      false,
    insecureSkipVerify: admin.flag('insecureSkipVerify') ?? false,
    caCertFilePath: admin.text('caCertFilePath'),
    authType: authType(admin, environment),
    clientId: environment['FLYTE_CREDENTIALS_CLIENT_ID'] || admin.text('clientId'),
    ...secretOf(admin, environment),
    scopes: admin.texts('scopes'),
    audience: admin.text('audience'),
    useAudienceFromAdmin: admin.flag('useAudienceFromAdmin'),
    tokenUrl: admin.text('tokenUrl'),
    authorizationHeader: admin.text('authorizationHeader'),
    command: admin.texts('command'),
    proxyCommand: admin.texts('proxyCommand'),
    consoleUrl: new Section(file, 'console', section(config, 'console', file)).text('endpoint'),
  };
}

function endpointOf(
  options: AdminOptions,
  environment: Environment,
  fromFile: string | undefined,
  file: string,
): { endpoint: string; insecure?: boolean } {
  if (options.endpoint !== undefined) return parseEndpoint(options.endpoint, '--endpoint');
  const variable = environment['FLYTE_PLATFORM_URL'];
  if (variable) return parseEndpoint(variable, 'FLYTE_PLATFORM_URL');
  if (fromFile !== undefined) return parseEndpoint(fromFile, `${file}: admin.endpoint`);
  throw new SluiceError('InvalidArgument', 'Nothing says where FlyteAdmin is.', {
    hint: `Name it: --endpoint HOST:PORT (with --insecure where it has no TLS), FLYTE_PLATFORM_URL, or admin.endpoint in ${file}.`,
  });
}

/** flytekit's variable of a secret goes before the file. */
function secretOf(
  admin: Section,
  environment: Environment,
): Pick<AdminSettings, 'clientSecretEnvVar' | 'clientSecretLocation'> {
  const own = 'FLYTE_CREDENTIALS_CLIENT_SECRET';
  if (environment[own]) return { clientSecretEnvVar: own };
  return {
    clientSecretEnvVar: admin.text('clientSecretEnvVar'),
    clientSecretLocation: admin.text('clientSecretLocation'),
  };
}

/** flytectl's names, and those that flytekit has beside them. */
const aliases: Readonly<Record<string, AuthType>> = {
  standard: 'Pkce',
  basic: 'ClientSecret',
  client_credentials: 'ClientSecret',
  external_process: 'ExternalCommand',
  externalcommand: 'ExternalCommand',
  device: 'DeviceFlow',
};

function authType(admin: Section, environment: Environment): AuthType | undefined {
  const variable = environment['FLYTE_CREDENTIALS_AUTH_MODE'];
  const text = variable || admin.text('authType');
  if (text === undefined) return undefined;
  const lower = text.toLowerCase();
  const found = AUTH_TYPES.find((each) => each.toLowerCase() === lower) ?? aliases[lower];
  if (found) return found;
  const field = variable ? 'FLYTE_CREDENTIALS_AUTH_MODE' : admin.field('authType');
  throw new SluiceError('ConfigInvalid', `${field}: expected ${AUTH_TYPES.join(', ')}, got '${text}'.`);
}

async function readConfig(file: string, isNamed: boolean): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    if (!isNamed && systemErrorCode(cause) === 'ENOENT') return {};
    throw new SluiceError('ConfigInvalid', `${file} cannot be read: ${errorMessage(cause)}`, {
      cause,
      hint: 'Name a configuration file of flytectl: --flyte-config FILE, or FLYTECTL_CONFIG.',
    });
  }
}

function section(config: unknown, name: string, file: string): Readonly<Record<string, unknown>> {
  const found = (config as Readonly<Record<string, unknown>> | null)?.[name] ?? {};
  if (typeof found === 'object' && !Array.isArray(found)) return found as Readonly<Record<string, unknown>>;
  throw new SluiceError('ConfigInvalid', `${file}: ${name}: expected a section, got ${typeof found}.`);
}

/** A section of the file. flytectl takes its keys in any case. */
class Section {
  readonly #file: string;
  readonly #name: string;
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(file: string, name: string, values: Readonly<Record<string, unknown>>) {
    this.#file = file;
    this.#name = name;
    this.#values = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
  }

  field(key: string): string {
    return `${this.#file}: ${this.#name}.${key}`;
  }

  text(key: string): string | undefined {
    const value = this.#values.get(key.toLowerCase()) ?? undefined;
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw this.#wrong(key, 'a text', value);
  }

  flag(key: string): boolean | undefined {
    const value = this.#values.get(key.toLowerCase()) ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    const read = typeof value === 'string' ? flag(value) : undefined;
    if (read !== undefined) return read;
    throw this.#wrong(key, 'true or false', value);
  }

  texts(key: string): string[] | undefined {
    const value = this.#values.get(key.toLowerCase()) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === 'string') return [value];
    if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
      return value.length === 0 ? undefined : value;
    throw this.#wrong(key, 'a list of texts', value);
  }

  #wrong(key: string, expected: string, value: unknown): SluiceError {
    return new SluiceError(
      'ConfigInvalid',
      `${this.field(key)}: expected ${expected}, got ${JSON.stringify(value)}.`,
    );
  }
}

function flag(text: string | undefined): boolean | undefined {
  if (/^(?:true|1)$/i.test(text ?? '')) return true;
  return /^(?:false|0)$/i.test(text ?? '') ? false : undefined;
}
