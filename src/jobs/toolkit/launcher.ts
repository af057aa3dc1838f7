import { clientError } from '../../contract/failure-reason.ts';
import { decodePythonValue, encodeEnvironmentValue, type PythonValue } from '../../contract/python-value.ts';
import { JobFailure } from '../../hosts/index.ts';

/**
 * What starts a script's processes, as the `distribution` of the SageMaker Python SDK asks for it.
 *
 * Source: sagemaker-training-toolkit (`torch_distributed.py`, `mpi.py`, `params.py`) and the toolkits of PyTorch and
 * TensorFlow. By design: one process for each host where the toolkits count GPUs, because there are none here.
 */
export type Launcher =
  /** The script itself, once on each host. */
  | { readonly kind: 'process' }
  | { readonly kind: 'torchrun' }
  | { readonly kind: 'mpi'; readonly processes: number; readonly options: readonly string[] }
  /** The script itself, with a TF_CONFIG in which every host is a worker. */
  | { readonly kind: 'tensorflow-workers' }
  /** The script itself beside a parameter server on each host, with a TF_CONFIG of both. */
  | { readonly kind: 'parameter-servers' };

type Strings = Readonly<Record<string, string>>;

const TORCHRUN = 'sagemaker_torch_distributed_enabled';
const MPI = 'sagemaker_mpi_enabled';
const PROCESSES = 'sagemaker_mpi_num_of_processes_per_host';
const MPI_OPTIONS = 'sagemaker_mpi_custom_mpi_options';
const WORKERS = 'sagemaker_multi_worker_mirrored_strategy_enabled';
const PARAMETER_SERVER = 'sagemaker_parameter_server_enabled';
const GROUPS = 'sagemaker_distribution_instance_groups';

/** What cannot be had without GPUs or AWS's own libraries, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  sagemaker_distributed_dataparallel_enabled:
    'smdistributed.dataparallel needs GPUs and a library that only SageMaker has. Try the script here with distribution={"torch_distributed": {"enabled": True}}, or without distribution.',
  mp_parameters:
    'smdistributed.modelparallel needs GPUs and a library that only SageMaker has. Try the script here without it.',
  sagemaker_pytorch_ddp_enabled:
    'pytorchddp needs GPUs. Try the script here with distribution={"torch_distributed": {"enabled": True}}: it starts the same processes.',
  sagemaker_pytorch_xla_multi_worker_enabled:
    'pytorchxla needs GPUs. Try the script here without distribution.',
};

/** Chooses the launcher that hyperparameters ask for. Pure. @throws JobFailure for one that cannot be had here */
export function chooseLauncher(hyperparameters: Strings, hosts: readonly string[]): Launcher {
  const value = (name: string) => decodePythonValue(hyperparameters[name] ?? 'null');
  const asked = (name: string) => value(name) === true;
  for (const [name, reason] of Object.entries(REFUSED)) {
    if (name === 'mp_parameters' ? name in hyperparameters : asked(name)) throw refusal(name, reason);
  }
  if (GROUPS in hyperparameters) {
    throw refusal(
      GROUPS,
      'distribution for some of the instance groups is not run here. Leave instance_groups out.',
    );
  }
  if (asked(TORCHRUN)) return { kind: 'torchrun' };
  if (asked(MPI)) return mpi(value);
  if (asked(WORKERS)) return { kind: 'tensorflow-workers' };
  // On one host the script runs alone.
  if (asked(PARAMETER_SERVER) && hosts.length > 1) return { kind: 'parameter-servers' };
  return { kind: 'process' };
}

function mpi(value: (name: string) => PythonValue): Launcher {
  const processes = Number(encodeEnvironmentValue(value(PROCESSES)) || 1);
  if (!Number.isInteger(processes) || processes < 1) {
    throw refusal(
      PROCESSES,
      `expected a number of processes, got '${encodeEnvironmentValue(value(PROCESSES))}'.`,
    );
  }
  const options = encodeEnvironmentValue(value(MPI_OPTIONS)).split(/\s+/).filter(Boolean);
  return { kind: 'mpi', processes, options };
}

function refusal(field: string, reason: string): JobFailure {
  return new JobFailure(clientError(`${field}: ${reason}`));
}

/** How many ports of this machine a launcher needs, which all hosts of the job know. Pure. */
export function portsOf(launcher: Launcher, hosts: number): number {
  if (launcher.kind === 'tensorflow-workers') return hosts;
  if (launcher.kind === 'parameter-servers') return 2 * hosts;
  // One for each host that is started from the first.
  return launcher.kind === 'mpi' ? hosts - 1 : 1;
}

/** What a launcher is asked to start on one host. */
export interface Launch {
  readonly launcher: Launcher;
  readonly python: string;
  readonly program: string;
  readonly arguments: readonly string[];
  readonly host: string;
  readonly hosts: readonly string[];
  /** What the first host is reached by. */
  readonly masterAddress: string;
  readonly ports: readonly number[];
  /** The path of `mpirun`. */
  readonly mpirun?: string | undefined;
  /** What hosts of one job know each other by. */
  readonly token?: string | undefined;
  /** Where the launcher's own program lies in the job: `remote.py` or `parameter_server.py`. */
  readonly helper?: string | undefined;
}

/** What starts a script beside its host's parameter server. Pure. */
export function besideParameterServer(
  command: readonly string[],
  { python, helper = '', host, hosts }: Pick<Launch, 'python' | 'helper' | 'host' | 'hosts'>,
): [string, ...string[]] {
  return [python, helper, String(hosts.indexOf(host)), '--', ...command];
}

/** The command of a Python program under its launcher. Pure. */
export function launchCommand(launch: Launch): [string, ...string[]] {
  const { launcher, python, program } = launch;
  if (launcher.kind === 'torchrun') return torchrunCommand(launch);
  if (launcher.kind !== 'mpi') return [python, program, ...launch.arguments];
  const { hosts, helper: remote = '' } = launch;
  if (launch.host !== hosts[0]) {
    return [python, remote, 'follow', String(launch.ports[hosts.indexOf(launch.host) - 1])];
  }
  const names = hosts.length > 1 ? hosts : [launch.masterAddress];
  // Each host has a Python of its own, at another place: the first on its PATH.
  const interpreter = hosts.length > 1 ? 'python3' : python;
  const lead = hosts.length > 1 ? [python, remote, 'lead', '--'] : [];
  const [first, ...rest] = [...lead, launch.mpirun ?? 'mpirun'];
  return [
    first,
    ...rest,
    ...[
      ['--host', names.map((name) => `${name}:${launcher.processes}`).join(',')],
      ['-np', String(launcher.processes * names.length)],
      ['--allow-run-as-root', '--tag-output', '--bind-to', 'none', '--map-by', 'slot'],
      ['--mca', 'orte_abort_on_non_zero_status', '1'],
      ['--mca', 'btl_vader_single_copy_mechanism', 'none'],
      launcher.options,
      [interpreter, '-m', 'mpi4py', program, ...launch.arguments],
    ].flat(),
  ];
}

/** As the toolkit calls it; its port is a free one, because all jobs of this machine share their network. */
function torchrunCommand(launch: Launch): [string, ...string[]] {
  const { python, program, host, hosts } = launch;
  return [
    python,
    ...[
      // torchrun itself, by the job's own Python.
      ['-m', 'torch.distributed.run'],
      ['--nnodes', String(hosts.length), '--nproc_per_node', '1'],
      ['--master_addr', launch.masterAddress, '--master_port', String(launch.ports[0])],
      hosts.length > 1 ? ['--node_rank', String(hosts.indexOf(host))] : [],
      [program, ...launch.arguments],
    ].flat(),
  ];
}

/** What a launcher sets in the environment of its program. Pure. */
export function launchEnvironment(
  launch: Omit<Launch, 'program' | 'arguments'>,
  pytorch: boolean,
): Record<string, string> {
  const { launcher, host, hosts, masterAddress, ports } = launch;
  if (launcher.kind === 'tensorflow-workers') {
    const worker = hosts.map((_, index) => `127.0.0.1:${ports[index]}`);
    const task = { type: 'worker', index: hosts.indexOf(host) };
    return { TF_CONFIG: JSON.stringify({ cluster: { worker }, environment: 'cloud', task }) };
  }
  if (launcher.kind === 'parameter-servers') return { TF_CONFIG: parameterServers(launch) };
  if (launcher.kind === 'mpi') return hosts.length > 1 ? remoteEnvironment(launch) : {};
  if (!pytorch) return {};
  return { MASTER_ADDR: masterAddress, MASTER_PORT: String(ports[0]), NCCL_PROTO: 'simple' };
}

/**
 * How Open MPI, 4 or 5, starts its processes on the other hosts and finds them: all hosts are names of this machine, with
 * nothing between them but its loopback.
 */
function remoteEnvironment({
  python,
  helper: remote,
  hosts,
  ports,
  token,
}: Omit<Launch, 'program' | 'arguments'>) {
  const agent = `${python} ${remote} shell`;
  const settings = {
    PRTE_MCA_plm_ssh_agent: agent,
    PRTE_MCA_plm_ssh_no_tree_spawn: '1',
    PRTE_MCA_prte_do_not_resolve: '1',
    OMPI_MCA_plm_rsh_agent: agent,
    OMPI_MCA_plm_rsh_no_tree_spawn: '1',
    OMPI_MCA_opal_if_do_not_resolve: '1',
    OMPI_MCA_pml: 'ob1',
  };
  const others = Object.fromEntries(hosts.slice(1).map((name, index) => [name, ports[index]]));
  return { ...settings, SLUICE_REMOTE_PORTS: JSON.stringify(others), SLUICE_REMOTE_TOKEN: token ?? '' };
}

/**
 * The first host is the master, the others are workers, and each has a parameter server.
 *
 * @see sagemaker_tensorflow_container/training.py, _build_tf_config_for_ps
 */
function parameterServers({ host, hosts, ports }: Pick<Launch, 'host' | 'hosts' | 'ports'>): string {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const [master = '', ...worker] = addresses.slice(0, hosts.length);
  const ps = addresses.slice(hosts.length);
  const index = hosts.indexOf(host);
  const task = index === 0 ? { index: 0, type: 'master' } : { index: index - 1, type: 'worker' };
  return JSON.stringify({ cluster: { master: [master], ps, worker }, environment: 'cloud', task });
}
