import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clientError } from '../../contract/failure-reason.ts';
import type { Framework } from '../../contract/framework-images.ts';
import { CODE_DIRECTORY, relativeToMl } from '../../contract/paths.ts';
import { decodePythonValue } from '../../contract/python-value.ts';
import { hyperparameterArguments } from '../../contract/training-environment.ts';
import { unpackArchive } from '../archive.ts';
import { duringStage, JobFailure } from '../failure.ts';
import { hostPath } from '../job-host.ts';
import { entryPointCommand, readEntryPoint } from './entry-point.ts';
import { ErrorCapture } from './error-capture.ts';
import type { HostProgram, PrepareProgramOptions } from './host-program.ts';
import { prepareJobPython } from './job-python.ts';
import { missingModuleHint } from './missing-module.ts';
import { installOwn, placeInJob } from './python-layers.ts';
import { TOOLKIT_EXIT_CODE, toolkitFailureText } from './toolkit-failure.ts';

/** A script for the toolkit of a framework's container. */
export interface ToolkitScript {
  readonly framework: Framework;
  /** `sagemaker_program` */
  readonly program: string;
  /** `sagemaker_submit_directory`: `s3://…`, or a path in the job; undefined where the code is there already. */
  readonly submitDirectory: string | undefined;
  readonly arguments: readonly string[];
}

/** The script that a training job's hyperparameters name, or undefined where they name none. Pure. */
export function toolkitScript(
  framework: Framework,
  hyperparameters: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): ToolkitScript | undefined {
  const program = environment['SAGEMAKER_PROGRAM'] ?? textOf(hyperparameters['sagemaker_program']);
  if (!program) return undefined;
  return {
    framework,
    program,
    submitDirectory:
      textOf(hyperparameters['sagemaker_submit_directory']) ?? environment['SAGEMAKER_SUBMIT_DIRECTORY'],
    arguments: hyperparameterArguments(hyperparameters),
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
    ...(type !== 'command' && { codeDirectory: CODE_DIRECTORY }),
  });
  const context = { ...options, python: python.python };
  if (type !== 'command') {
    const what = type === 'package' ? 'module' : 'requirements';
    await installOwn(context, python.directory, CODE_DIRECTORY, what, python.layers);
  }
  const command = entryPointCommand(type, script.program, python.executable, script.arguments);
  host.log.note(`Invoking script with the following command:\n\n${command.join(' ')}\n`);
  const capture = new ErrorCapture();
  return {
    command,
    environment: { ...python.defaults, ...options.environment, ...python.overrides },
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
