import { describe, expect, test } from 'vitest';
import {
  besideParameterServer,
  chooseLauncher,
  type Launch,
  type Launcher,
  launchCommand,
  launchEnvironment,
  portsOf,
} from '../../../src/jobs/toolkit/launcher.ts';

const ONE = ['algo-1'];
const TWO = ['algo-1', 'algo-2'];

function launch(launcher: Launcher, hosts: readonly string[], host = 'algo-1'): Launch {
  return {
    launcher,
    host,
    hosts,
    python: 'py',
    program: 'train.py',
    arguments: ['--epochs', '3'],
    masterAddress: 'algo-1',
    ports: [4001, 4002],
    mpirun: '/usr/bin/mpirun',
  };
}

describe('the launcher', () => {
  test.each<[Record<string, string>, readonly string[], Launcher]>([
    [{}, TWO, { kind: 'process' }],
    [{ sagemaker_torch_distributed_enabled: 'true' }, TWO, { kind: 'torchrun' }],
    [{ sagemaker_torch_distributed_enabled: 'false' }, TWO, { kind: 'process' }],
    [{ sagemaker_mpi_enabled: 'true' }, ONE, { kind: 'mpi', processes: 1, options: [] }],
    [
      {
        sagemaker_mpi_enabled: 'true',
        sagemaker_mpi_num_of_processes_per_host: '4',
        sagemaker_mpi_custom_mpi_options: '"-verbose  -x A=1"',
      },
      ONE,
      { kind: 'mpi', processes: 4, options: ['-verbose', '-x', 'A=1'] },
    ],
    [{ sagemaker_multi_worker_mirrored_strategy_enabled: 'true' }, TWO, { kind: 'tensorflow-workers' }],
    [{ sagemaker_parameter_server_enabled: 'true' }, ONE, { kind: 'process' }],
    [{ sagemaker_parameter_server_enabled: 'true' }, TWO, { kind: 'parameter-servers' }],
  ])('of %j on %j is %j', (hyperparameters, hosts, expected) => {
    expect(chooseLauncher(hyperparameters, hosts)).toEqual(expected);
  });

  test.each<[Record<string, string>, RegExp]>([
    [
      { sagemaker_distributed_dataparallel_enabled: 'true' },
      /^ClientError: sagemaker_distributed_dataparallel_enabled: .*needs GPUs.*"torch_distributed"/,
    ],
    [{ sagemaker_pytorch_ddp_enabled: 'true' }, /pytorchddp needs GPUs.*"torch_distributed"/],
    [{ sagemaker_pytorch_xla_multi_worker_enabled: 'true' }, /pytorchxla needs GPUs/],
    [{ mp_parameters: '{}', sagemaker_mpi_enabled: 'true' }, /^ClientError: mp_parameters: .*needs GPUs/],
    [{ sagemaker_distribution_instance_groups: '["a"]' }, /Leave instance_groups out/],
  ])('of %j on two hosts is refused, with what to do', (hyperparameters, reason) => {
    expect(() => chooseLauncher(hyperparameters, TWO)).toThrow(reason);
  });

  test('refuses a number of processes that is none', () => {
    const hyperparameters = {
      sagemaker_mpi_enabled: 'true',
      sagemaker_mpi_num_of_processes_per_host: '"many"',
    };
    expect(() => chooseLauncher(hyperparameters, ONE)).toThrow("expected a number of processes, got 'many'");
  });
});

describe('the command of a launcher', () => {
  test.each<[string, Launch, string]>([
    ['a process', launch({ kind: 'process' }, ONE), 'py train.py --epochs 3'],
    [
      'torchrun on one host',
      launch({ kind: 'torchrun' }, ONE),
      'py -m torch.distributed.run --nnodes 1 --nproc_per_node 1 --master_addr algo-1 --master_port 4001 train.py --epochs 3',
    ],
    [
      'torchrun on the second of two',
      launch({ kind: 'torchrun' }, TWO, 'algo-2'),
      'py -m torch.distributed.run --nnodes 2 --nproc_per_node 1 --master_addr algo-1 --master_port 4001 --node_rank 1 train.py --epochs 3',
    ],
    [
      'MPI',
      launch({ kind: 'mpi', processes: 2, options: ['-verbose'] }, ONE),
      '/usr/bin/mpirun --host algo-1:2 -np 2 --allow-run-as-root --tag-output --bind-to none --map-by slot --mca orte_abort_on_non_zero_status 1 --mca btl_vader_single_copy_mechanism none -verbose py -m mpi4py train.py --epochs 3',
    ],
  ])('for %s', (_what, launched, expected) => {
    expect(launchCommand(launched).join(' ')).toBe(expected);
  });
});

test('a parameter server is beside the script on every host', () => {
  const servers: Launcher = { kind: 'parameter-servers' };
  expect(portsOf(servers, 2)).toBe(4);
  const ports = [4001, 4002, 4003, 4004];
  const second = { ...launch(servers, TWO, 'algo-2'), helper: '/opt/sluice/parameter_server.py', ports };
  expect(besideParameterServer(['py', 'train.py'], second)).toEqual([
    'py',
    '/opt/sluice/parameter_server.py',
    '1',
    '--',
    'py',
    'train.py',
  ]);
  const cluster = {
    master: ['127.0.0.1:4001'],
    ps: ['127.0.0.1:4003', '127.0.0.1:4004'],
    worker: ['127.0.0.1:4002'],
  };
  const configOf = (host: string) =>
    JSON.parse(launchEnvironment({ ...second, host }, false)['TF_CONFIG'] as string);
  expect(configOf('algo-1')).toEqual({ cluster, environment: 'cloud', task: { index: 0, type: 'master' } });
  expect(configOf('algo-2')).toEqual({ cluster, environment: 'cloud', task: { index: 0, type: 'worker' } });
});

test('the environment of a launcher says who takes part', () => {
  const workers = launchEnvironment(launch({ kind: 'tensorflow-workers' }, TWO, 'algo-2'), false);
  expect(JSON.parse(workers['TF_CONFIG'] as string)).toEqual({
    cluster: { worker: ['127.0.0.1:4001', '127.0.0.1:4002'] },
    environment: 'cloud',
    task: { type: 'worker', index: 1 },
  });
  expect(launchEnvironment(launch({ kind: 'process' }, TWO, 'algo-2'), true)).toEqual({
    MASTER_ADDR: 'algo-1',
    MASTER_PORT: '4001',
    NCCL_PROTO: 'simple',
  });
  expect(launchEnvironment(launch({ kind: 'process' }, ONE), false)).toEqual({});
});
