import { describe, expect, it } from 'vitest';
import { createContainerExecutor } from '../../src/executors/container/container-executor.ts';
import { type ContainerEngine, engineCandidates } from '../../src/executors/container/find-engine.ts';
import {
  carriedEnvironment,
  type RunPlan,
  runArguments,
} from '../../src/executors/container/run-arguments.ts';
import { testContainer } from '../harness/containers.ts';

const PODMAN: ContainerEngine = { kind: 'podman', program: 'podman', version: '', rootless: true };
const ROOT_DOCKER: ContainerEngine = { kind: 'docker', program: 'docker', version: '', rootless: false };
const USER = { platform: 'linux', uid: 1000, gid: 1001 } as const;

function plan(more: Partial<RunPlan> = {}, container = testContainer()): RunPlan {
  const options: RunPlan['options'] = {
    mlDirectory: '/jobs/a,b/ml',
    command: ['sh', '-c', 'true'],
    environment: {},
    hostname: 'algo-1',
    hosts: ['algo-1'],
    onOutput: () => undefined,
    container,
  };
  return { engine: PODMAN, name: 'n', options, caller: USER, entries: ['model'], ...more };
}

describe('the arguments of run', () => {
  it.each([
    ['a rootless engine', PODMAN, USER, undefined, []],
    ['root', ROOT_DOCKER, { ...USER, uid: 0, gid: 0 }, undefined, []],
    ['an engine in a virtual machine', ROOT_DOCKER, { ...USER, platform: 'darwin' }, undefined, []],
    ["an ordinary user of root's engine", ROOT_DOCKER, USER, undefined, ['--user', '1000:1001']],
    ['one who wants the user of the image', ROOT_DOCKER, USER, 'image', []],
    ['one who wants to be the user', PODMAN, USER, 'caller', ['--user', '1000:1001']],
  ] as const)('say who runs in a container of %s', (_who, engine, caller, user, expected) => {
    const settings = { pull: 'never', arguments: [], user } as const;
    const found = runArguments(plan({ engine, caller }, testContainer({ settings })));
    const at = found.indexOf('--user');
    expect(at < 0 ? [] : found.slice(at, at + 2)).toEqual(expected);
  });

  it('publish a port on loopback only', () => {
    expect(runArguments(plan({}, testContainer({ port: 4321, isolated: false })))).toContain(
      '127.0.0.1:4321:8080',
    );
  });

  it('give an isolated server no network: its port is led in from outside', () => {
    const found = runArguments(plan({}, testContainer({ port: 4321, isolated: true })));
    expect(found.join(' ')).toContain('--network none');
    expect(found.join(' ')).not.toContain('4321');
  });

  it.each([
    ['/data/train', ['--volume', '/data/train:/opt/ml/input/data/train:O']],
    ['/data/a:b', ['--mount', 'type=bind,source=/data/a:b,target=/opt/ml/input/data/train,readonly']],
  ])('show %s copy-on-write where the engine can be told so', (source, expected) => {
    const mounts = [{ source, target: '/opt/ml/input/data/train', readOnly: true, copyOnWrite: true }];
    const found = runArguments(plan({ options: { ...plan().options, mounts } }));
    expect(found.join(' ')).toContain(expected.join(' '));
  });

  it('quote paths that hold a comma', () => {
    expect(runArguments(plan())).toContain('type=bind,"source=/jobs/a,b/ml/model",target=/opt/ml/model');
  });

  it('hold what the configuration adds, before the image', () => {
    const settings = { pull: 'missing', arguments: ['--gpus', 'all'] } as const;
    const found = runArguments(plan({}, testContainer({ settings })));
    expect(found).toContain('--pull=missing');
    expect(found.indexOf('--gpus')).toBeLessThan(found.indexOf('localhost/sluice-test:1'));
  });

  it('hold no value of the environment but of variables that the engine reads itself', () => {
    const environment = { SECRET: 'hidden', PATH: '/job', DOCKER_HOST: 'job' };
    const base = plan();
    const found = runArguments({ ...base, options: { ...base.options, environment } });
    expect(found.filter((each) => /hidden|job$/.test(each))).toEqual(['PATH=/job', 'DOCKER_HOST=job']);
    expect(found).toContain('SECRET');
    expect(carriedEnvironment(environment)).toEqual({ SECRET: 'hidden' });
  });
});

it.each(['--privileged', '--volume=/:/host', '-v/:/host', '', ' python:3', 'python:3 --privileged', '\n-v'])(
  'no engine is started with what is no name of an image: %j',
  async (image) => {
    const { options } = plan({}, { ...testContainer(), image });
    await expect(createContainerExecutor().start(options)).rejects.toMatchObject({ code: 'InvalidArgument' });
  },
);

it.each([
  [{}, ['podman', 'docker']],
  [{ DOCKER_HOST: 'unix:///run/docker.sock' }, ['docker', 'podman']],
  [{ DOCKER_HOST: 'x', CONTAINER_HOST: 'unix:///run/podman.sock' }, ['podman', 'docker']],
  [{ SLUICE_CONTAINER_ENGINE: '/opt/engine', DOCKER_HOST: 'x' }, ['/opt/engine']],
])('with %j the engines are tried in this order: %j', (environment, expected) => {
  expect(engineCandidates(environment)).toEqual(expected);
});
