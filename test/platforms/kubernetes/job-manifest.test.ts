import { expect, test } from 'vitest';
import type { KubernetesSettings } from '../../../src/core/platforms-settings.ts';
import { jobManifest, jobSetManifest } from '../../../src/platforms/kubernetes/job-manifest.ts';
import { marks, planOf } from '../../fixtures/kubernetes-plan.ts';

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly envFrom?: unknown;
  readonly restartPolicy?: string;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Spec {
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
  readonly [member: string]: unknown;
}

function podOf(settings: KubernetesSettings = {}, more = {}): Spec {
  const { spec } = jobManifest(planOf(settings, more), marks) as {
    readonly spec: { readonly template: { readonly spec: Spec } };
  };
  return spec.template.spec;
}

const namesOf = (containers: readonly Container[]): string[] => containers.map(({ name }) => name);

test('the agent is before and beside the user container, and a transform is asked by it', () => {
  const training = podOf();
  expect(namesOf(training.initContainers)).toEqual(['prepare', 'feed']);
  expect(training.initContainers[1]).toMatchObject({
    restartPolicy: 'Always',
    args: ['agent', 'feed', '--collect'],
  });
  expect(namesOf(training.containers)).toEqual(['main']);
  const transform = podOf({}, { type: 'transform' });
  expect(namesOf(transform.initContainers)).toEqual(['prepare', 'main']);
  expect(transform.initContainers[1]).toMatchObject({ restartPolicy: 'Always' });
  expect(transform.containers[0]).toMatchObject({ name: 'collect', args: ['agent', 'collect'] });
});

test('the user container begins together with the agent beside it, unless something is mounted', () => {
  const feedOf = (settings: KubernetesSettings) => podOf(settings).initContainers[1];
  expect(feedOf({})).not.toHaveProperty('startupProbe');
  expect(feedOf({ fastFile: 'mount' })).toHaveProperty('startupProbe.httpGet.path', '/ready');
  // A program that ends at once: the agent is told once it listens.
  expect(feedOf({})).toHaveProperty(
    'lifecycle.preStop.exec.command.2',
    expect.stringContaining('/var/lib/sluice/ready'),
  );
});

test("the user's container has no token, no key, nothing of the agent and no credentials", () => {
  const { containers, automountServiceAccountToken } = podOf({ credentials: { secret: 's3' } });
  expect(automountServiceAccountToken).toBe(false);
  const [main] = containers as [Container];
  expect(main.volumeMounts.map(({ name }) => name)).toEqual(['ml', 'place-0', 'shm', 'tools']);
  expect(main.env).toEqual([{ name: 'TEXT', value: 'costs $$(5)' }]);
  expect(main.envFrom).toBeUndefined();
});

test('the agent gets into S3 by a secret where the settings name one', () => {
  const [prepare] = podOf({ credentials: { secret: 's3' } }).initContainers as [Container];
  expect(prepare.envFrom).toEqual([{ secretRef: { name: 's3' } }]);
  const [byRole] = podOf().initContainers as [Container];
  expect(byRole.envFrom).toBeUndefined();
  expect(byRole.env.map(({ name }) => name)).not.toContain('AWS_ACCESS_KEY_ID');
  const [byNone] = podOf({ credentials: 'none' }).initContainers as [Container];
  expect(byNone.env).toContainEqual({ name: 'AWS_ACCESS_KEY_ID', value: 'none' });
});

test('several hosts find each other, and what differs between them comes from a file', () => {
  const { initContainers, containers } = podOf({}, { hosts: 2 });
  const [prepare] = initContainers as [Container];
  expect(prepare.args).toContain('--hosts-file');
  expect(prepare.env).toContainEqual({ name: 'SLUICE_AGENT_PEERS', value: 'train-0.train,train-1.train' });
  const [main] = containers as [Container];
  expect(main.volumeMounts).toContainEqual(
    expect.objectContaining({ mountPath: '/etc/hosts', subPath: 'hosts' }),
  );
  expect(main.env).toContainEqual({
    name: 'SM_CURRENT_HOST',
    valueFrom: { fileKeyRef: { volumeName: 'host', path: 'environment', key: 'SM_CURRENT_HOST' } },
  });
});

test('the hosts of a JobSet are named after its Job', () => {
  const [prepare] = podOf({ jobSet: true }, { hosts: 2 }).initContainers as [Container];
  expect(prepare.env).toContainEqual({
    name: 'SLUICE_AGENT_PEERS',
    value: 'train-algo-0-0.train,train-algo-0-1.train',
  });
});

test('a command is started by an init; what an image starts by itself is left as it is', () => {
  expect(podOf().containers[0]?.command).toEqual(['/opt/sluice-tools/init', '--', 'python3', 'train.py']);
  const own = podOf(
    {},
    { container: { image: 'own:1', arguments: ['train'], environment: {}, hostVariables: [] } },
  );
  expect(own.containers[0]?.command).toBeUndefined();
  expect(own.containers[0]?.args).toEqual(['train']);
  expect(own.volumes.map(({ name }) => name)).not.toContain('tools');
});

test('a queue holds jobs back, and JobSets hold the same Job', () => {
  const settings = { queue: 'team' };
  const job = jobManifest(planOf(settings), marks);
  expect(job).toMatchObject({
    metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'team' } },
    spec: { suspend: true },
  });
  const set = jobSetManifest(planOf({ ...settings, jobSet: true }), marks);
  expect(set).toMatchObject({
    kind: 'JobSet',
    metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'team' } },
    spec: {
      suspend: true,
      ttlSecondsAfterFinished: 604_800,
      failurePolicy: { maxRestarts: 0 },
      replicatedJobs: [{ name: 'algo', replicas: 1, template: { spec: { backoffLimit: 0 } } }],
    },
  });
  // The set's queue and the set's removal hold for its Job.
  const [{ template }] = (set as { spec: { replicatedJobs: [{ template: object }] } }).spec.replicatedJobs;
  expect(template).not.toHaveProperty('spec.suspend');
  expect(template).not.toHaveProperty('spec.ttlSecondsAfterFinished');
  expect(JSON.stringify(template)).not.toContain('kueue');
});
