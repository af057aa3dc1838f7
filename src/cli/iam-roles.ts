import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { SluiceError } from '../core/errors.ts';
import { loadConfiguration } from '../core/load-configuration.ts';
import type { PlatformsSettings } from '../core/platforms-settings.ts';
import { suggest } from '../core/suggest.ts';
import { absolutePlaces } from '../graph/index.ts';
import { type LeastRole, leastRoles, needsOf } from '../platforms/iam/index.ts';
import type { CliContext } from './context.ts';
import { collect } from './key-value.ts';
import { openRunnable } from './open-runnable.ts';

/** Which roles, and for what. */
export interface RoleOptions {
  readonly account?: string;
  readonly bucket?: string[];
  readonly role?: string[];
}

/** The roles of a deployment. */
export interface ComputedRoles {
  readonly roles: readonly LeastRole[];
  readonly platforms: PlatformsSettings;
  readonly account: string;
  readonly region: string;
  /** What is only known when a workflow runs. */
  readonly notes: readonly string[];
}

/** The options that all commands of roles have. */
export function addRoleOptions(command: Command): Command {
  return command
    .argument('[file...]', 'workflows, or graphs: the least that these need (default: any job)')
    .option(
      '--account <id>',
      'the AWS account (default: $AWS_ACCOUNT_ID, else that of the execution role; check asks for its own)',
    )
    .option('--bucket <name>', 'a further bucket of data; its name may end in *; repeat for more', collect)
    .option('--role <name>', 'this role alone, as it is called or by its kind; repeat for more', collect);
}

/** The least roles for the workflows of files and the platforms of the configuration. */
export async function computeRoles(
  { paths, environment }: CliContext,
  files: readonly string[],
  { account: named, bucket = [], role: chosen = [] }: RoleOptions,
): Promise<ComputedRoles> {
  const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment);
  const graphs = [];
  for (const file of files) {
    const runnable = await openRunnable(file);
    graphs.push(absolutePlaces(runnable.graph, file === '-' ? process.cwd() : dirname(resolve(file))));
    await runnable.close();
  }
  const needs = needsOf(graphs, platforms, bucket);
  const region =
    platforms.sagemaker?.region ??
    (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || 'us-east-1');
  const account = named ?? (environment['AWS_ACCOUNT_ID'] || accountOf(needs.passed) || 'ACCOUNT');
  if (!/^(\d{12}|ACCOUNT)$/.test(account))
    throw new SluiceError('InvalidArgument', `--account: expected twelve digits, got '${account}'.`);
  const all = leastRoles({ needs, platforms, account, region });
  const notes = [
    ...needs.unknown,
    ...(account === 'ACCOUNT' ? ['ACCOUNT stands for the twelve digits of your account: --account.'] : []),
  ];
  return { roles: choose(all, chosen), platforms, account, region, notes };
}

function accountOf(arns: readonly string[]): string | undefined {
  return arns.map((arn) => arn.split(':')[4] ?? '').find((account) => /^\d{12}$/.test(account));
}

function choose(all: readonly LeastRole[], names: readonly string[]): readonly LeastRole[] {
  for (const name of names) {
    if (all.some((each) => each.name === name || each.role === name)) continue;
    throw new SluiceError('InvalidArgument', `--role: there is no role '${name}'.`, {
      hint: suggest(
        name,
        all.map(({ role }) => role),
      ),
    });
  }
  return names.length === 0
    ? all
    : all.filter(({ name, role }) => names.includes(name) || names.includes(role));
}
