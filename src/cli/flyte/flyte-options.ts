import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type EntityPlace,
  FlyteAdmin,
  type FlyteAdminOptions,
  readAdminSettings,
} from '../../flyte/registration/index.ts';
import type { CliContext } from '../context.ts';

/** What every command that talks to FlyteAdmin takes. */
export interface FlyteOptions {
  readonly project: string;
  readonly domain: string;
  readonly endpoint?: string;
  readonly insecure?: boolean;
  readonly flyteConfig?: string;
}

/** Adds where FlyteAdmin is, and where in it. */
export function addFlyteOptions(command: Command): Command {
  return command
    .option('--project <name>', "Flyte's project", 'flytesnacks')
    .option('--domain <name>', "Flyte's domain", 'development')
    .option('--endpoint <host:port>', 'where FlyteAdmin is (default: as flytectl finds it)', parseEndpoint)
    .option('--insecure', 'FlyteAdmin has no TLS')
    .option('--flyte-config <file>', 'a configuration file of flytectl (default: ~/.flyte/config.yaml)');
}

/** What follows an option without a value is another option. */
function parseEndpoint(text: string): string {
  if (text !== '' && !text.startsWith('-')) return text;
  throw new InvalidArgumentError(`Expected HOST:PORT, got '${text}'.`);
}

/** The place that the options name. */
export function placeOf({ project, domain }: FlyteOptions): EntityPlace {
  return { project, domain };
}

/** Opens FlyteAdmin as the options and flytectl's configuration say. */
export async function openAdmin(
  options: FlyteOptions,
  { environment, paths }: CliContext,
  { signal, version }: Pick<FlyteAdminOptions, 'signal' | 'version'> = {},
): Promise<FlyteAdmin> {
  const { endpoint, insecure, flyteConfig } = options;
  const settings = await readAdminSettings({ file: flyteConfig, endpoint, insecure }, environment);
  return FlyteAdmin.open({
    settings,
    environment,
    tokenFile: join(paths.home, 'flyte-tokens.json'),
    say: (message) => process.stderr.write(`${message}\n`),
    signal,
    version,
  });
}
