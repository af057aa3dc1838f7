import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { loadConfiguration } from '../../core/load-configuration.ts';
import { homeServerAccess } from '../../home/server/index.ts';
import { AwsAccess, AwsEndpoints, type Endpoints } from '../../platforms/endpoints/index.ts';
import type { CliContext } from '../context.ts';
import { addServerOption, type ServerOption } from '../remote/server-option.ts';

/** Where the endpoints are that a command is about. */
export interface EndpointsOption extends ServerOption {
  readonly platform?: string;
}

/** The platforms beside this machine that serve endpoints. */
const SERVING = ['sagemaker', 'kubernetes', 'coreweave'] as const;
const EXAMPLES = {
  sagemaker: '{ region: us-east-1 }',
  kubernetes: '{ namespace: ml }',
  coreweave: '{ namespace: ml }',
};

/** Adds `--server` and `--platform`. */
export function addEndpointsOption(command: Command): Command {
  return addServerOption(command).option(
    '--platform <name>',
    'sagemaker, kubernetes or coreweave: the endpoints there, as the configuration has it',
  );
}

/** Opens what a command names: a platform, a server, else the server of the home. @throws SluiceError */
export async function openEndpoints(context: CliContext, options: EndpointsOption): Promise<Endpoints> {
  const { platform, server = context.environment['SLUICE_SERVER'] || undefined } = options;
  if (platform !== undefined && platform !== 'local') return platformEndpoints(context, platform);
  const { environment, account, paths } = context;
  if (server !== undefined) {
    expectUrl(server);
    const endpoint = server.replace(/\/$/, '');
    return new AwsEndpoints(new AwsAccess({ endpoint, region: account.region }, environment), endpoint);
  }
  const access = await homeServerAccess(context, () =>
    loadConfiguration(paths.home, process.cwd(), environment),
  )();
  return new AwsEndpoints(access, access.settings.endpoint ?? '');
}

async function platformEndpoints(
  { environment, paths, account }: CliContext,
  platform: string,
): Promise<Endpoints> {
  const name = platform === 'codeweave' ? 'coreweave' : platform;
  if (!isServing(name)) {
    throw new SluiceError(
      'InvalidArgument',
      `--platform: expected 'local' or one of ${SERVING.join(', ')}, got '${platform}'.`,
      {
        hint: 'Endpoints are served by these.',
      },
    );
  }
  const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment);
  if (!platforms[name]) {
    throw new SluiceError('InvalidArgument', `--platform: '${name}' is not enabled.`, {
      hint: `Give it settings in sluice.yaml or in the configuration of the home: platforms: { ${name}: ${EXAMPLES[name]} }`,
    });
  }
  if (name !== 'sagemaker') {
    const { openClusterEndpoints } = await import('../../platforms/clusters/index.ts');
    return openClusterEndpoints({ name, settings: platforms, secrets: paths.secrets, account, environment });
  }
  const settings = platforms.sagemaker ?? {};
  return new AwsEndpoints(new AwsAccess(settings, environment), settings.endpoint ?? 'SageMaker');
}

function isServing(name: string): name is (typeof SERVING)[number] {
  return SERVING.some((each) => each === name);
}

function expectUrl(server: string): void {
  if (/^https?:\/\/[^/?#\s]+\/?$/.test(server) && URL.canParse(server)) return;
  throw new SluiceError(
    'InvalidArgument',
    `--server: expected a URL such as http://127.0.0.1:4777, got '${server}'.`,
  );
}
