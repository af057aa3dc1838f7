import { resolveAccount } from '../core/account.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { loadConfiguration } from '../core/load-configuration.ts';
import type { PlatformsSettings } from '../core/platforms-settings.ts';
import {
  coreWeaveAccess,
  findAccess,
  type InspectedCluster,
  inspectCluster,
  podS3,
} from '../platforms/clusters/index.ts';
import type { Check } from './check.ts';
import type { CliContext } from './context.ts';

/** The clusters that the configuration names, asked what of them works. */
export async function checkClusters(context: CliContext): Promise<Check[]> {
  const { paths, environment } = context;
  const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment).catch(() => ({
    platforms: {},
  }));
  const names = (['kubernetes', 'coreweave'] as const).filter((name) => platforms[name]);
  return Promise.all(names.map((name) => checkCluster(name, platforms, context)));
}

async function checkCluster(
  name: 'kubernetes' | 'coreweave',
  platforms: PlatformsSettings,
  { paths, environment }: CliContext,
): Promise<Check> {
  const settings = platforms[name] ?? {};
  try {
    const access =
      name === 'coreweave'
        ? await coreWeaveAccess(settings, paths.secrets, environment)
        : await findAccess(settings, environment);
    const cluster = await inspectCluster(access, {
      needsNodes: name === 'coreweave',
      needsJobSets: settings.jobSet,
    });
    const problems = problemsOf(cluster, settings);
    const store = storeProblem(() => podS3(name, settings, resolveAccount(environment), environment));
    const lines = [
      summaryOf(cluster),
      ...problems,
      ...endpointProblem(cluster),
      ...(store ? [store.message] : []),
    ];
    const hint =
      problems.length > 0 ? 'docs/kubernetes.md has the Role, and what a cluster needs.' : store?.hint;
    const isWell = problems.length === 0 && !store;
    return {
      name,
      status: isWell ? 'ok' : 'failed',
      value: lines.join('\n'),
      ...(!isWell && hint !== undefined && { hint }),
    };
  } catch (error) {
    const hint = error instanceof SluiceError ? error.hint : undefined;
    return { name, status: 'failed', value: errorMessage(error), ...(hint !== undefined && { hint }) };
  }
}

function summaryOf({ server, namespace, version, severalHosts, jobSet, kueue }: InspectedCluster): string {
  const also = [
    ...(severalHosts ? [] : ['one host for each job']),
    ...(jobSet ? ['JobSet'] : []),
    ...(kueue ? ['Kueue'] : []),
  ];
  return [`${version} at ${server}, namespace ${namespace}`, ...also].join(', ');
}

function problemsOf(
  { sidecars, jobSet, missingRights }: InspectedCluster,
  settings: NonNullable<PlatformsSettings['kubernetes']>,
): string[] {
  return [
    ...(sidecars
      ? []
      : ['it is too old: sidecar containers, which the agent is, need Kubernetes 1.29 or newer']),
    ...(settings.jobSet && !jobSet ? ['it has no JobSet, which the setting jobSet asks for'] : []),
    ...(missingRights.length > 0 ? [`rights that are missing: ${missingRights.join(', ')}`] : []),
  ];
}

/** Jobs run without them. */
function endpointProblem({ missingEndpointRights: missing }: InspectedCluster): string[] {
  return missing.length > 0 ? [`no endpoints: rights that are missing: ${missing.join(', ')}`] : [];
}

function storeProblem(look: () => unknown): SluiceError | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}
