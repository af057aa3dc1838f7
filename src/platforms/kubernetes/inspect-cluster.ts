import { SluiceError } from '../../core/errors.ts';
import type { KubeAccess } from './client/kube-access.ts';
import { KubeClient } from './client/kube-client.ts';
import { statusOf } from './client/kube-error.ts';
import { JOB_SETS } from './job-manifest.ts';

/** What of a cluster works. */
export interface InspectedCluster {
  readonly server: string;
  readonly namespace: string;
  /** `v1.37.2` */
  readonly version: string;
  /** Whether its init containers can be sidecars, which the agent is. */
  readonly sidecars: boolean;
  /** Whether several hosts get each its own environment. */
  readonly severalHosts: boolean;
  readonly jobSet: boolean;
  readonly kueue: boolean;
  /** Rights that are missing: `create jobs.batch`. */
  readonly missingRights: readonly string[];
  /** The same for endpoints alone. */
  readonly missingEndpointRights: readonly string[];
}

/** A right, as a Role names it. */
interface Right {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  readonly isClusterWide?: boolean;
}

/** What Sluice does in the namespace of its jobs. `docs/kubernetes.md` has them as a Role. */
const RIGHTS: readonly Right[] = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'patch'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch', 'delete'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  { group: '', resource: 'secrets', verbs: ['create', 'get'] },
  { group: '', resource: 'services', verbs: ['create'] },
];
/** What it does beside that for endpoints. */
const ENDPOINT_RIGHTS: readonly Right[] = [
  { group: 'apps', resource: 'deployments', verbs: ['create', 'get', 'list', 'update', 'delete'] },
  { group: 'apps', resource: 'replicasets', verbs: ['list'] },
  { group: '', resource: 'services', subresource: 'proxy', verbs: ['create'] },
];
const JOB_SET_RIGHT: Right = {
  group: 'jobset.x-k8s.io',
  resource: 'jobsets',
  verbs: ['create', 'list', 'watch', 'patch'],
};
const NODES: Right = { group: '', resource: 'nodes', verbs: ['list'], isClusterWide: true };

/** Sidecars are on by default from 1.29, and stable from 1.33; files for the environment are on from 1.35. */
const SIDECARS_FROM = 29;
const FILES_FROM = 35;

/**
 * Asks a cluster what of it works for Sluice.
 *
 * @param options.needsNodes - Whether jobs are placed by what the nodes have
 * @param options.needsJobSets - Whether jobs are JobSets
 * @throws SluiceError where it cannot be reached, or does not know who asks
 */
export async function inspectCluster(
  access: KubeAccess,
  {
    needsNodes = false,
    needsJobSets = false,
  }: { readonly needsNodes?: boolean; readonly needsJobSets?: boolean | undefined } = {},
): Promise<InspectedCluster> {
  const client = new KubeClient(access);
  try {
    const { gitVersion, minor } = await client.get<{ gitVersion: string; minor: string }>('/version', {
      what: 'ask its version',
    });
    const number = Number.parseInt(minor, 10);
    const rights = [...RIGHTS, ...(needsNodes ? [NODES] : []), ...(needsJobSets ? [JOB_SET_RIGHT] : [])];
    const missing = async (asked: readonly Right[]): Promise<string[]> => {
      const each = asked.flatMap((right) => right.verbs.map((verb) => missingRight(client, right, verb)));
      return (await Promise.all(each)).flatMap((right) => right ?? []);
    };
    return {
      server: access.server,
      namespace: access.namespace,
      version: gitVersion,
      sidecars: number >= SIDECARS_FROM,
      severalHosts: number >= FILES_FROM,
      jobSet: await hasGroup(client, JOB_SETS),
      kueue: await hasGroup(client, 'kueue.x-k8s.io'),
      missingRights: await missing(rights),
      missingEndpointRights: await missing(ENDPOINT_RIGHTS),
    };
  } finally {
    client.close();
  }
}

async function missingRight(client: KubeClient, right: Right, verb: string): Promise<string | undefined> {
  const { group, resource, subresource, isClusterWide } = right;
  const resourceAttributes = {
    verb,
    group,
    resource,
    ...(subresource !== undefined && { subresource }),
    ...(!isClusterWide && { namespace: client.access.namespace }),
  };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const answer = await client.post<{ status: { allowed: boolean } }>(path, review, {
    what: 'ask what is allowed',
  });
  if (answer.status.allowed) return undefined;
  const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${group === '' ? whole : `${whole}.${group}`}`;
}

async function hasGroup(client: KubeClient, group: string): Promise<boolean> {
  try {
    await client.get(`/apis/${group}`);
    return true;
  } catch (error) {
    if (statusOf(error) === 404 || (error instanceof SluiceError && error.code === 'AccessDenied'))
      return false;
    throw error;
  }
}
