import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { EcsTaskProperties, TaskContainerProperties } from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { RunTask, TaskEnd } from './batch-server.ts';

/** Runs tasks of ECS in Podman: containers in the order of what they wait for, with metadata, secrets and awslogs. */
export interface PodmanTasks extends AsyncDisposable {
  readonly run: RunTask;
  /** Set before the first task: where parameters and logs are. */
  endpoint: string;
  /** What each container of all tasks was started with. */
  readonly started: { readonly name: string; readonly parameters: readonly string[] }[];
}

interface TaskContainer {
  readonly properties: TaskContainerProperties;
  readonly name: string;
  /** As Podman knows it. */
  readonly id: string;
  status: 'PENDING' | 'RUNNING' | 'STOPPED';
  exitCode?: number | undefined;
  reason?: string | undefined;
  /** Whether its image could not be pulled. */
  isMissing?: boolean;
}

interface Task {
  readonly id: string;
  readonly properties: EcsTaskProperties;
  readonly environment: Readonly<Record<string, string>>;
  /** Of a node. */
  readonly pod?: string | undefined;
  address: string;
  readonly containers: TaskContainer[];
  desired: 'RUNNING' | 'STOPPED';
  /** Called on each change of a container. */
  changed: () => void;
}

const client = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const FLUSH_MS = 200;

/** @param host - Where containers reach this machine */
export async function openPodmanTasks(host: string): Promise<PodmanTasks> {
  const tasks = new Map<string, Task>();
  const metadata = createServer((incoming, outgoing) => {
    const [, , id = '', what] = (incoming.url ?? '').split('/');
    const [taskId = '', container = ''] = id.split('.');
    const task = tasks.get(taskId);
    if (!task) return void outgoing.writeHead(404).end();
    // ECS tells of those alone that were made: not of what waits, nor of what has no image.
    const made = task.containers.filter(({ status, isMissing }) => status !== 'PENDING' && !isMissing);
    const all = made.map((each) => metadataOf(task, each));
    const own = all.find(({ Name }) => Name === container);
    outgoing.end(
      JSON.stringify(
        what === 'task'
          ? {
              TaskARN: `arn:aws:ecs:us-east-1:1:task/c/${taskId}`,
              DesiredStatus: task.desired,
              KnownStatus: 'RUNNING',
              Containers: all,
            }
          : own,
      ),
    );
  }).listen(0, host);
  await once(metadata, 'listening');
  const { port } = metadata.address() as AddressInfo;
  const running = new Set<Promise<unknown>>();
  const opened: PodmanTasks = {
    endpoint: '',
    started: [],
    run({ id, properties, environment, isNode }) {
      const containers = (properties.containers ?? []).map((each) => ({
        properties: each,
        name: each.name ?? '',
        id: `ecs-${id.slice(0, 12)}-${each.name}`,
        status: 'PENDING' as const,
      }));
      const task: Task = {
        id,
        properties,
        environment,
        pod: isNode ? `ecs-${id.slice(0, 12)}` : undefined,
        address: host,
        containers,
        desired: 'RUNNING',
        changed: () => undefined,
      };
      tasks.set(id, task);
      const begun = Promise.withResolvers<void>();
      const ended = runTask(task, `http://${host}:${port}/v4/${id}`, opened, () => begun.resolve()).finally(
        () => begun.resolve(),
      );
      running.add(ended);
      void ended.finally(() => running.delete(ended));
      return {
        ended,
        started: begun.promise,
        streams: Object.fromEntries(containers.map(({ name }) => [name, streamOf(task, name)])),
        reasons: () => reasonsOf(containers),
        stop: () => {
          task.desired = 'STOPPED';
          task.changed();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running);
      metadata.closeAllConnections();
      metadata.close();
    },
  };
  return opened;
}

function streamOf({ id }: Task, name: string): string {
  return `sluice/${name}/${id}`;
}

function metadataOf(task: Task, { name, status, exitCode, properties }: TaskContainer) {
  const { logConfiguration: log } = properties;
  return {
    Name: name,
    DockerName: name,
    KnownStatus: status,
    ...(exitCode !== undefined && { ExitCode: exitCode }),
    LogDriver: log?.logDriver,
    LogOptions: { ...log?.options, 'awslogs-stream': streamOf(task, name) },
    Networks: [{ NetworkMode: task.pod === undefined ? 'host' : 'awsvpc', IPv4Addresses: [task.address] }],
  };
}

const podman = promisify(execFile);

async function runTask(task: Task, uri: string, opened: PodmanTasks, onBegun: () => void): Promise<TaskEnd> {
  const { containers, properties } = task;
  const volume = (name: string): string => `ecs-${task.id.slice(0, 12)}-${name}`;
  if (task.pod !== undefined) {
    // Its containers share their network, and with it their hosts file.
    await podman('podman', ['pod', 'create', '--name', task.pod, '--share', 'net']);
    await podman('podman', ['pod', 'start', task.pod]);
    const infra = (
      await podman('podman', ['pod', 'inspect', '--format', '{{.InfraContainerID}}', task.pod])
    ).stdout.trim();
    task.address = (
      await podman('podman', [
        'inspect',
        '--format',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
        infra,
      ])
    ).stdout.trim();
  }
  let wake = Promise.withResolvers<void>();
  task.changed = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const processes: Promise<void>[] = [];
  try {
    for (;;) {
      const next = wake.promise;
      for (const container of containers) {
        if (container.status !== 'PENDING') continue;
        const can = task.desired === 'STOPPED' ? 'never' : canStart(container, containers);
        if (can === 'never') end(container);
        else if (can === 'now') {
          container.status = 'RUNNING';
          onBegun();
          // Another one may wait for its start.
          task.changed();
          processes.push(runContainer(task, container, `${uri}.${container.name}`, opened, volume));
        }
      }
      const essential = containers.filter((each) => each.properties.essential !== false);
      if (essential.some(({ status }) => status === 'STOPPED')) task.desired = 'STOPPED';
      if (containers.every(({ status }) => status === 'STOPPED')) break;
      if (task.desired === 'STOPPED') stopNext(containers);
      await next;
    }
    await Promise.all(processes);
  } finally {
    if (task.pod !== undefined) await podman('podman', ['pod', 'rm', '--force', '--time', '0', task.pod]);
    for (const { name = '' } of properties.volumes ?? [])
      await podman('podman', ['volume', 'rm', '--force', volume(name)]);
  }
  return {
    exitCodes: Object.fromEntries(containers.map(({ name, exitCode }) => [name, exitCode])),
    reasons: reasonsOf(containers),
  };

  function end(container: TaskContainer): void {
    container.status = 'STOPPED';
    task.changed();
  }
}

function reasonsOf(containers: readonly TaskContainer[]): Record<string, string> {
  return Object.fromEntries(
    containers.flatMap(({ name, reason }) => (reason === undefined ? [] : [[name, reason]])),
  );
}

/** As the agent of ECS resolves it. */
function canStart({ properties }: TaskContainer, all: readonly TaskContainer[]): 'now' | 'later' | 'never' {
  for (const { containerName, condition } of properties.dependsOn ?? []) {
    const other = all.find(({ name }) => name === containerName);
    if (!other) return 'never';
    const { status, exitCode } = other;
    if (condition === 'START' ? status === 'PENDING' : status !== 'STOPPED') return 'later';
    if (status === 'STOPPED' && exitCode === undefined) return 'never';
    if (condition === 'SUCCESS' && exitCode !== 0) return 'never';
  }
  return 'now';
}

const stopping = new Set<string>();

/** Those first that wait for others: what they wait for goes after them. */
function stopNext(containers: readonly TaskContainer[]): void {
  const running = containers.filter(({ status }) => status === 'RUNNING');
  const needed = new Set(
    running.flatMap(({ properties }) => properties.dependsOn ?? []).map(({ containerName }) => containerName),
  );
  for (const { id, name, properties } of running) {
    if (needed.has(name) || stopping.has(id)) continue;
    stopping.add(id);
    // One that is being made is there in a moment.
    void stop(id, properties.stopTimeout ?? 30);
  }
}

async function stop(id: string, seconds: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const done = await podman('podman', ['stop', '--time', String(seconds), id]).then(
      () => true,
      () => false,
    );
    if (done) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function runContainer(
  task: Task,
  container: TaskContainer,
  uri: string,
  opened: PodmanTasks,
  volume: (name: string) => string,
): Promise<void> {
  const { properties, id } = container;
  const log = new AwsLogs(
    opened.endpoint,
    properties.logConfiguration?.options ?? {},
    streamOf(task, container.name),
  );
  const secrets = await secretsOf(properties, opened.endpoint);
  const memory = properties.resourceRequirements?.find(({ type }) => type === 'MEMORY')?.value;
  const environment = {
    ...Object.fromEntries((properties.environment ?? []).map(({ name = '', value = '' }) => [name, value])),
    ...secrets,
    ...task.environment,
    ECS_CONTAINER_METADATA_URI_V4: uri,
    // The role of the task: all of its containers have it.
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  };
  const parameters = [
    'run',
    '--rm',
    '--name',
    id,
    '--pull=never',
    ...(task.pod === undefined ? ['--network=host'] : ['--pod', task.pod]),
    ...(properties.linuxParameters?.initProcessEnabled ? ['--init'] : []),
    ...(properties.linuxParameters?.sharedMemorySize === undefined
      ? []
      : [`--shm-size=${properties.linuxParameters.sharedMemorySize}m`]),
    ...(memory === undefined ? [] : [`--label=memory=${memory}`]),
    ...(properties.mountPoints ?? []).map(
      ({ sourceVolume = '', containerPath, readOnly }) =>
        `--volume=${volume(sourceVolume)}:${containerPath}${readOnly ? ':ro' : ''}`,
    ),
    ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
    properties.image ?? '',
    ...(properties.command ?? []),
  ];
  opened.started.push({ name: container.name, parameters });
  const child = spawn('podman', parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  const lines = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      if (stream === child.stderr) errors.push(line);
      log.add(line);
    }
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  await Promise.all(lines);
  await log.close();
  container.exitCode = code ?? 137;
  if (code === 125 || code === 127 || code === 126) {
    const told = errors.join(' ');
    container.isMissing = /image not known|pull|not found in/i.test(told) && code === 125;
    container.reason = container.isMissing
      ? `CannotPullContainerError: Error response from daemon: pull access denied: ${told}`
      : `CannotStartContainerError: ${told}`;
    container.exitCode = undefined;
  }
  container.status = 'STOPPED';
  task.changed();
}

async function secretsOf(
  { secrets = [] }: TaskContainerProperties,
  endpoint: string,
): Promise<Record<string, string>> {
  const ssm = new SSMClient({ ...client, endpoint });
  const values: Record<string, string> = {};
  for (const { name = '', valueFrom } of secrets) {
    const { Parameter: found } = await ssm.send(
      new GetParameterCommand({ Name: valueFrom, WithDecryption: true }),
    );
    values[name] = found?.Value ?? '';
  }
  ssm.destroy();
  return values;
}

/** The log driver `awslogs`. */
class AwsLogs {
  readonly #client: CloudWatchLogsClient;
  readonly #group: string;
  readonly #stream: string;
  #lines: { timestamp: number; message: string }[] = [];
  #made = false;
  #sending = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(endpoint: string, options: Readonly<Record<string, string>>, stream: string) {
    this.#client = new CloudWatchLogsClient({ ...client, endpoint });
    this.#group = options['awslogs-group'] ?? '';
    this.#stream = stream;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  add(message: string): void {
    // It takes no empty lines.
    if (message !== '') this.#lines.push({ timestamp: Date.now(), message });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    await this.#sending;
    this.#client.destroy();
  }

  #flush(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    this.#sending = this.#sending.then(() => this.#send(lines));
  }

  async #send(logEvents: { timestamp: number; message: string }[]): Promise<void> {
    const names = { logGroupName: this.#group, logStreamName: this.#stream };
    if (!this.#made) {
      await this.#client.send(new CreateLogGroupCommand(names)).catch(() => undefined);
      await this.#client.send(new CreateLogStreamCommand(names)).catch(() => undefined);
      this.#made = true;
    }
    await this.#client.send(new PutLogEventsCommand({ ...names, logEvents }));
  }
}
