import {
  AGENT_DIRECTORY,
  AGENT_ENDING_FILE,
  AGENT_READY_FILE,
  AGENT_VARIABLES,
  STOP_GRACE_SECONDS,
  USER_CONTAINER,
} from '../../contract/agent-places.ts';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import { jobOfSet, MARKS } from './cluster-names.ts';
import {
  AGENT_RESOURCES,
  AGENT_SECURITY,
  literal,
  literalVariables,
  openVariables,
  type Part,
  podCommon,
  pullPolicy,
  secretVariables,
} from './pod-parts.ts';
import type { PodResources } from './resources.ts';

/** What the user's container runs. */
export interface UserContainer {
  readonly image: string;
  /** In place of the image's ENTRYPOINT. */
  readonly command?: readonly string[] | undefined;
  readonly arguments?: readonly string[] | undefined;
  readonly workingDirectory?: string | undefined;
  /** The same on each host. */
  readonly environment: Readonly<Record<string, string>>;
  /** Those that each host has another value of: its agent writes them to a file. */
  readonly hostVariables: readonly string[];
}

/** What a pod of a job is made from. */
export interface PodPlan {
  /** Of the job's objects. */
  readonly name: string;
  readonly type: 'training' | 'processing' | 'transform';
  readonly hosts: number;
  readonly container: UserContainer;
  readonly resources: PodResources;
  readonly volumeSizeInGB: number;
  /** Directories outside of /opt/ml that the agent brings or takes, each a volume. */
  readonly places: readonly string[];
  readonly document: { readonly uri: string; readonly digest: string };
  /** Where the agent is told that the user's container is being ended. */
  readonly stopPath: string;
  readonly s3: { readonly endpoint?: string | undefined; readonly region: string };
  readonly agentImage: string;
  readonly settings: KubernetesSettings;
}

/** There once the agent beside the user's container listens. */
const READY = `${AGENT_DIRECTORY}/${AGENT_READY_FILE}`;
const TELL_ENDING = `until [ -e ${READY} ]; do sleep 0.05; done; touch ${AGENT_DIRECTORY}/${AGENT_ENDING_FILE}`;
/** Where the agent finds the job's key. */
const KEY_DIRECTORY = '/var/run/sluice';
/** Where the agent writes files that only the kubelet and mounts read. */
const HOST_FILES = '/var/lib/sluice-host';
const ENVIRONMENT_FILE = 'environment';
const HOSTS_FILE = 'hosts';
/** What the agent brings for the user's container. */
const TOOLS = '/opt/sluice-tools';
const INIT = `${TOOLS}/init`;
const ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Of the agent beside the user's container. */
const AGENT_PORT = 9444;
const UPLOAD_SECONDS = 600;

/** The seconds from the end's beginning to SIGKILL of all containers of a pod: the job's grace, and the upload. */
export function graceSeconds({ uploadSeconds = UPLOAD_SECONDS }: KubernetesSettings): number {
  return STOP_GRACE_SECONDS + uploadSeconds;
}

/** The pods of a job. Pure. */
export function podTemplate(plan: PodPlan): Part {
  const { settings, resources, name } = plan;
  const labels = { [MARKS.managedBy]: MARKS.manager, [MARKS.job]: name, ...settings.labels };
  return {
    metadata: { labels, ...(settings.annotations && { annotations: settings.annotations }) },
    spec: {
      restartPolicy: 'Never',
      subdomain: name,
      terminationGracePeriodSeconds: graceSeconds(settings),
      ...podCommon(settings, resources),
      ...containers(plan),
      volumes: volumes(plan),
    },
  };
}

/** The agent before, beside and after the user's container; a transform's server is beside the agent that asks it. */
function containers(plan: PodPlan): { initContainers: Part[]; containers: Part[] } {
  const prepare = agent(plan, 'prepare', ['prepare', ...hostFileOptions(plan)]);
  const user = userContainer(plan);
  if (plan.type === 'transform')
    return {
      initContainers: [prepare, { ...user, restartPolicy: 'Always' }],
      containers: [agent(plan, 'collect', ['collect'])],
    };
  const feed = {
    ...agent(plan, 'feed', ['feed', '--collect'], plan.settings.fastFile === 'mount'),
    restartPolicy: 'Always',
    // What is mounted has to be there first. All else the user's container waits for by itself.
    ...(plan.settings.fastFile === 'mount' && { startupProbe: readyProbe() }),
    // It begins together with a program that may end, or be ended, at once: it is not told so before it listens.
    lifecycle: { preStop: { exec: { command: ['sh', '-c', TELL_ENDING] } } },
  };
  return { initContainers: [prepare, feed], containers: [user] };
}

function hostFileOptions({ hosts, resources, container }: PodPlan): string[] {
  const init = container.command ? ['--init-file', INIT] : [];
  if (hosts === 1) return init;
  return [
    ...init,
    '--cpus',
    String(resources.cpus),
    ...(resources.gpus > 0 ? ['--gpus', String(resources.gpus)] : []),
    '--environment-file',
    `${HOST_FILES}/${ENVIRONMENT_FILE}`,
    '--hosts-file',
    `${HOST_FILES}/${HOSTS_FILE}`,
  ];
}

/** Once all is fed that the user's container may look for at once. */
function readyProbe(): Part {
  return { httpGet: { path: '/ready', port: AGENT_PORT }, periodSeconds: 1, failureThreshold: 3600 };
}

function userContainer(plan: PodPlan): Part {
  const { container, resources, settings } = plan;
  const file = (key: string): Part => ({
    name: key,
    valueFrom: { fileKeyRef: { volumeName: 'host', path: ENVIRONMENT_FILE, key } },
  });
  const environment = literalVariables(container.environment);
  const mounts = mlMounts(plan, settings.fastFile === 'mount' ? 'HostToContainer' : undefined);
  return {
    name: USER_CONTAINER,
    image: container.image,
    ...pullPolicy(settings),
    // As process 1 a program that handles no SIGTERM would not hear of it. What an image starts by itself is the image's.
    ...(container.command && { command: [INIT, '--', ...container.command.map(literal)] }),
    ...(container.arguments && { args: container.arguments.map(literal) }),
    ...(container.workingDirectory !== undefined && { workingDir: container.workingDirectory }),
    env: [...environment, ...container.hostVariables.map(file)],
    resources: { requests: resources.requests, limits: resources.limits },
    volumeMounts: [
      ...mounts,
      { name: 'shm', mountPath: '/dev/shm' },
      ...(container.command ? [{ name: 'tools', mountPath: TOOLS, readOnly: true }] : []),
      ...(plan.hosts > 1
        ? [{ name: 'host', mountPath: '/etc/hosts', subPath: HOSTS_FILE, readOnly: true }]
        : []),
    ],
    // Called where the container is ended, not where it ends: what it makes of that is no success.
    ...(plan.type !== 'transform' && {
      lifecycle: { preStop: { httpGet: { path: plan.stopPath, port: AGENT_PORT } } },
    }),
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

function agent(plan: PodPlan, name: string, verb: readonly string[], isPrivileged = false): Part {
  const { settings, s3, document } = plan;
  const variables: Record<string, string> = {
    [AGENT_VARIABLES.document]: document.uri,
    [AGENT_VARIABLES.digest]: document.digest,
    [AGENT_VARIABLES.keyFile]: `${KEY_DIRECTORY}/key`,
    [AGENT_VARIABLES.end]: 'kubernetes',
    [AGENT_VARIABLES.container]: USER_CONTAINER,
    [AGENT_VARIABLES.fastFile]: settings.fastFile ?? 'copy',
    AWS_REGION: s3.region,
    SLUICE_S3: s3.endpoint ?? 'aws',
    ...openVariables(settings),
    ...(name === 'feed' && { [AGENT_VARIABLES.port]: String(AGENT_PORT) }),
    ...(plan.hosts > 1 && { [AGENT_VARIABLES.peers]: peers(plan).join(',') }),
  };
  const env = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
  const ownName = { name: AGENT_VARIABLES.pod, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  return {
    name,
    image: plan.agentImage,
    ...pullPolicy(settings),
    args: ['agent', ...verb],
    env: [...env, ownName],
    ...secretVariables(settings),
    resources: AGENT_RESOURCES,
    securityContext: isPrivileged ? { privileged: true } : AGENT_SECURITY,
    volumeMounts: [
      ...mlMounts(plan, isPrivileged ? 'Bidirectional' : undefined),
      { name: 'agent', mountPath: AGENT_DIRECTORY },
      { name: 'key', mountPath: KEY_DIRECTORY, readOnly: true },
      { name: 'account', mountPath: ACCOUNT_DIRECTORY, readOnly: true },
      ...(name === 'prepare' && plan.container.command ? [{ name: 'tools', mountPath: TOOLS }] : []),
      ...(name === 'prepare' && plan.hosts > 1 ? [{ name: 'host', mountPath: HOST_FILES }] : []),
    ],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** The DNS names of a job's pods, in the order of their hosts. */
function peers({ name, hosts, settings }: PodPlan): string[] {
  const job = settings.jobSet ? jobOfSet(name) : name;
  return Array.from({ length: hosts }, (_, index) => `${job}-${index}.${name}`);
}

function mlMounts({ places }: PodPlan, mountPropagation: string | undefined): Part[] {
  const propagation = mountPropagation === undefined ? {} : { mountPropagation };
  const others = places.map((mountPath, index) => ({ name: `place-${index}`, mountPath }));
  return [{ name: 'ml', mountPath: '/opt/ml', ...propagation }, ...others];
}

function volumes(plan: PodPlan): Part[] {
  const disk = { emptyDir: { sizeLimit: `${plan.volumeSizeInGB}Gi` } };
  return [
    { name: 'ml', ...disk },
    ...plan.places.map((_, index) => ({ name: `place-${index}`, ...disk })),
    { name: 'agent', emptyDir: {} },
    { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: plan.resources.sharedMemory } },
    { name: 'key', secret: { secretName: plan.name, defaultMode: 0o444 } },
    ...(plan.container.command ? [{ name: 'tools', emptyDir: {} }] : []),
    ...(plan.hosts > 1 ? [{ name: 'host', emptyDir: {} }] : []),
    { name: 'account', projected: { defaultMode: 0o444, sources: accountSources() } },
  ];
}

/** What a pod finds who it is by, as Kubernetes itself mounts it. */
function accountSources(): Part[] {
  return [
    { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
  ];
}
