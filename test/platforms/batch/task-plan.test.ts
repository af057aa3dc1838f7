import { expect, test } from 'vitest';
import type { TaskPlan } from '../../../src/platforms/batch/task-containers.ts';
import { type PlannedTask, planTask } from '../../../src/platforms/batch/task-plan.ts';

const plan = (more: Partial<TaskPlan> = {}): TaskPlan => ({
  type: 'training',
  hosts: 1,
  container: { image: 'own:1', arguments: ['train'], environment: { SM_HOSTS: '[]' }, hostVariables: [] },
  environments: Array.from({ length: more.hosts ?? 1 }, (_, index) => ({
    SM_CURRENT_HOST: `algo-${index + 1}`,
  })),
  isScript: false,
  resources: { vcpus: 4, memoryMiB: 14_000, gpus: 1, sharedMemoryMiB: 7000 },
  places: ['/checkpoints'],
  document: { uri: 's3://bucket/job.json', digest: 'a'.repeat(64) },
  attempt: 'attempt-1',
  agentImage: 'sluice/agent:1',
  region: 'us-east-1',
  settings: { executionRole: 'arn:execution', jobRole: 'arn:job' },
  ...more,
});

const containersOf = ({ definition }: PlannedTask, range = 0) =>
  (definition.ecsProperties ?? definition.nodeProperties?.nodeRangeProperties?.[range]?.ecsProperties)
    ?.taskProperties?.[0]?.containers ?? [];

test("three containers wait for each other: prepare, then collect, then the user's", () => {
  const containers = containersOf(planTask(plan()));
  expect(containers.map(({ name, essential, dependsOn = [] }) => [name, essential, ...dependsOn])).toEqual([
    ['prepare', false],
    [
      'main',
      false,
      { containerName: 'prepare', condition: 'SUCCESS' },
      { containerName: 'collect', condition: 'START' },
    ],
    ['collect', true, { containerName: 'prepare', condition: 'SUCCESS' }],
  ]);
});

test("a transform's server is there before it is asked", () => {
  const containers = containersOf(planTask(plan({ type: 'transform' })));
  expect(
    containers.map(({ name, command, dependsOn = [] }) => [
      name,
      command,
      ...dependsOn.map(({ condition }) => condition),
    ]),
  ).toEqual([
    ['prepare', ['agent', 'prepare']],
    ['main', undefined, 'SUCCESS'],
    ['collect', ['agent', 'collect'], 'SUCCESS', 'START'],
  ]);
});

test("the user's container has neither the secret nor a variable or a volume of the agent's", () => {
  const planned = planTask(plan());
  const [prepare, main, collect] = containersOf(planned);
  for (const agent of [prepare, collect])
    expect(agent?.secrets).toEqual([{ name: 'SLUICE_AGENT_SECRET', valueFrom: '/sluice/agent-secret' }]);
  expect(main?.secrets).toBeUndefined();
  expect(main?.mountPoints?.map(({ containerPath }) => containerPath)).toEqual(['/opt/ml', '/checkpoints']);
  const own = planned.overrides.ecsPropertiesOverride?.taskProperties?.[0]?.containers?.find(
    ({ name }) => name === 'main',
  );
  expect([...(main?.environment ?? []), ...(own?.environment ?? [])].map(({ name }) => name)).toEqual([
    'SM_CURRENT_HOST',
    'SM_HOSTS',
  ]);
  expect(main?.resourceRequirements).toEqual([
    { type: 'VCPU', value: '4' },
    { type: 'MEMORY', value: '14000' },
    { type: 'GPU', value: '1' },
  ]);
});

test('jobs that differ in what they do share a definition; what overrides cannot hold is part of one', () => {
  const one = planTask(plan());
  const other = planTask(
    plan({ attempt: 'attempt-2', container: { ...plan().container, environment: { SM_HP: '2' } } }),
  );
  expect(other.definition).toEqual(one.definition);
  const long = planTask(
    plan({ container: { ...plan().container, environment: { SM_HPS: 'x'.repeat(9000) } } }),
  );
  expect(long.definition.jobDefinitionName).not.toBe(one.definition.jobDefinitionName);
  expect(long.overrides.ecsPropertiesOverride).toBeUndefined();
  expect(containersOf(long)[1]?.environment?.find(({ name }) => name === 'SM_HPS')?.value).toHaveLength(9000);
  expect(() =>
    planTask(plan({ container: { ...plan().container, environment: { SM_HPS: 'x'.repeat(30_000) } } })),
  ).toThrow(/environment is too large for AWS Batch/);
});

test('hosts are nodes, each with its own environment, and tell each other where they are', () => {
  const planned = planTask(plan({ hosts: 3 }));
  expect(planned.definition).toMatchObject({
    type: 'multinode',
    nodeProperties: { numNodes: 3, mainNode: 0 },
  });
  expect(containersOf(planned)[0]?.command).toEqual(['agent', 'prepare', '--hosts-file', '/etc/hosts']);
  const hosts = planned.overrides.nodeOverrides?.nodePropertyOverrides?.map(
    ({ targetNodes, ecsPropertiesOverride }) => [
      targetNodes,
      ecsPropertiesOverride?.taskProperties?.[0]?.containers?.[1]?.environment?.[0]?.value,
    ],
  );
  expect(hosts).toEqual([
    ['0:0', 'algo-1'],
    ['1:1', 'algo-2'],
    ['2:2', 'algo-3'],
  ]);
});

test('of more hosts than Batch has groups for, a script reads its environment from a file; an image of its own is refused', () => {
  const container = {
    image: 'node:24',
    command: ['node', 'step.ts'],
    workingDirectory: '/opt/ml/code',
    environment: {},
    hostVariables: ['SM_CURRENT_HOST'],
  };
  const planned = planTask(plan({ hosts: 20, isScript: true, container }));
  expect(planned.overrides.nodeOverrides?.nodePropertyOverrides).toHaveLength(1);
  const main =
    planned.overrides.nodeOverrides?.nodePropertyOverrides?.[0]?.ecsPropertiesOverride?.taskProperties?.[0]
      ?.containers?.[1];
  expect(main?.command?.slice(0, 3)).toEqual([
    '/bin/sh',
    '-c',
    expect.stringContaining('/var/lib/sluice-host/environment'),
  ]);
  expect(containersOf(planned)[0]?.command).toContain('--environment-file');
  expect(() =>
    planTask(plan({ hosts: 20, container: { ...container, workingDirectory: undefined } })),
  ).toThrow(/at most 5 hosts/);
});

test('shares of a transform are jobs of an array', () => {
  expect(planTask(plan({ type: 'transform', hosts: 4 })).overrides.arrayProperties).toEqual({ size: 4 });
  expect(planTask(plan({ type: 'transform' })).overrides.arrayProperties).toBeUndefined();
});
