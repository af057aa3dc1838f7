/** Some instances of one type that a job runs on. Homogeneous jobs have one group. */
export interface InstanceGroup {
  readonly name: string;
  readonly instanceType: string;
  readonly hosts: readonly string[];
}

/** The hosts of a job. */
export interface HostPlan {
  /** Sorted lexicographically, as `resourceconfig.json` shows them: `algo-1`, `algo-10`, `algo-2`. */
  readonly hosts: readonly string[];
  readonly groups: readonly InstanceGroup[];
}

/** What SageMaker calls the one group of a job whose instances are alike. */
export const HOMOGENEOUS_GROUP = 'homogeneousCluster';

interface ClusterRequest {
  readonly InstanceType?: string | undefined;
  readonly InstanceCount?: number | undefined;
  /** In place of InstanceType: the first one counts here, where there is room for all. */
  readonly InstancePreferences?:
    | readonly {
        readonly InstanceType?: string | undefined;
        readonly InstanceCount?: number | undefined;
      }[]
    | undefined;
  readonly InstanceGroups?:
    | readonly {
        readonly InstanceType?: string | undefined;
        readonly InstanceCount?: number | undefined;
        readonly InstanceGroupName?: string | undefined;
      }[]
    | undefined;
}

/** The name of the host with this index, from 0: `algo-1`, … */
export function hostName(index: number): string {
  return `algo-${index + 1}`;
}

/** Names a job's hosts: from its ResourceConfig (training) or ClusterConfig (processing). */
export function planHosts(cluster: ClusterRequest): HostPlan {
  const requested = cluster.InstanceGroups?.length
    ? cluster.InstanceGroups
    : [{ ...cluster, ...defined(cluster.InstancePreferences?.[0]), InstanceGroupName: HOMOGENEOUS_GROUP }];
  let next = 0;
  const groups = requested.map((group) => ({
    name: group.InstanceGroupName ?? HOMOGENEOUS_GROUP,
    instanceType: group.InstanceType ?? '',
    hosts: Array.from({ length: group.InstanceCount ?? 1 }, () => hostName(next++)).sort(),
  }));
  return { hosts: groups.flatMap((group) => group.hosts).sort(), groups };
}

function defined<Value extends object>(value: Value | undefined): Partial<Value> {
  const entries = Object.entries(value ?? {}).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as Partial<Value>;
}

/** The instance group that a host belongs to. */
export function groupOfHost(plan: HostPlan, host: string): InstanceGroup {
  const group = plan.groups.find((candidate) => candidate.hosts.includes(host));
  if (!group) throw new RangeError(`No host '${host}' among ${plan.hosts.join(', ')}.`);
  return group;
}
