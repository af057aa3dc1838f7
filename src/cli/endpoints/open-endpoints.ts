import type { Command } from 'commander';
import { defaultRoleArn } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import { loadConfiguration } from '../../core/load-configuration.ts';
import { homeServerAccess } from '../../home/server/index.ts';
import {
  AwsAccess,
  type EndpointClients,
  endpointClients,
  isNotThere,
} from '../../platforms/endpoints/index.ts';
import type { CliContext } from '../context.ts';
import { addServerOption, type ServerOption } from '../remote/server-option.ts';

/** Where the endpoints are that a command is about. */
export interface EndpointsOption extends ServerOption {
  readonly platform?: string;
}

/** A server of endpoints, to be closed. */
export interface OpenEndpoints {
  readonly access: AwsAccess;
  readonly clients: EndpointClients;
  /** Its URL; undefined: AWS itself. */
  readonly url: string | undefined;
  /** For messages. */
  readonly where: string;
  /** The role of models that name none. */
  role(account: Account): string | undefined;
  /** Asks it, and tells its errors in Sluice's words. @param name of the endpoint */
  ask<Answer>(name: string, what: string, ask: () => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

/** Adds `--server` and `--platform`. */
export function addEndpointsOption(command: Command): Command {
  return addServerOption(command).option(
    '--platform <name>',
    "'sagemaker': the endpoints of Amazon SageMaker, as the configuration has it",
  );
}

/** Opens what a command names: a platform, a server, else the server of the home. @throws SluiceError */
export async function openEndpoints(context: CliContext, options: EndpointsOption): Promise<OpenEndpoints> {
  const { access, where } = await accessOf(context, options);
  const { endpoint: url } = access.settings;
  return {
    access,
    clients: endpointClients(access),
    url,
    where,
    role: (account) => roleOf(access, account),
    async ask(name, what, ask) {
      try {
        return await access.call(`${what} '${name}'`, ask);
      } catch (error) {
        throw isNotThere((error as SluiceError).cause) && what !== 'CreateModel'
          ? notFound(name, where, error)
          : error;
      }
    },
    close: () => access.close(),
  };
}

async function accessOf(
  context: CliContext,
  { platform, server = context.environment['SLUICE_SERVER'] || undefined }: EndpointsOption,
): Promise<{ readonly access: AwsAccess; readonly where: string }> {
  const { environment, account, paths } = context;
  if (platform !== undefined && platform !== 'local') return platformAccess(context, platform);
  if (server !== undefined) {
    expectUrl(server);
    const endpoint = server.replace(/\/$/, '');
    const access = new AwsAccess({ endpoint, region: account.region }, environment);
    return { access, where: endpoint };
  }
  const access = await homeServerAccess(context, () =>
    loadConfiguration(paths.home, process.cwd(), environment),
  )();
  return { access, where: access.settings.endpoint ?? '' };
}

async function platformAccess(
  { environment, paths }: CliContext,
  platform: string,
): Promise<{ readonly access: AwsAccess; readonly where: string }> {
  if (platform !== 'sagemaker') {
    throw new SluiceError(
      'InvalidArgument',
      `--platform: expected 'sagemaker' or 'local', got '${platform}'.`,
      {
        hint: 'Endpoints are served by these two.',
      },
    );
  }
  const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment);
  if (!platforms.sagemaker) {
    throw new SluiceError('InvalidArgument', "--platform: 'sagemaker' is not enabled.", {
      hint: 'Give it settings in sluice.yaml or in the configuration of the home: platforms: { sagemaker: { region: us-east-1 } }',
    });
  }
  const access = new AwsAccess(platforms.sagemaker, environment);
  return { access, where: platforms.sagemaker.endpoint ?? 'SageMaker' };
}

/** AWS wants a role of the user's; everybody else takes any. */
function roleOf(access: AwsAccess, account: Account): string | undefined {
  const { executionRole } = access.settings as { readonly executionRole?: string };
  return executionRole ?? (access.isAws ? undefined : defaultRoleArn(account));
}

function expectUrl(server: string): void {
  if (/^https?:\/\/[^/?#\s]+\/?$/.test(server) && URL.canParse(server)) return;
  throw new SluiceError(
    'InvalidArgument',
    `--server: expected a URL such as http://127.0.0.1:4777, got '${server}'.`,
  );
}

function notFound(name: string, where: string, cause: unknown): SluiceError {
  return new SluiceError('EndpointNotFound', `There is no endpoint '${name}' at ${where}.`, {
    cause,
    hint: 'sluice endpoints ls shows those that there are.',
  });
}
