import type { Framework } from '../../contract/framework-images.ts';
import { decodePythonValue } from '../../contract/python-value.ts';
import { hyperparameterArguments } from '../../contract/training-environment.ts';
import { chooseLauncher, type Launcher } from './launcher.ts';

/** A script for the toolkit of a framework's container, or for this machine's programs in its place. */
export interface ToolkitScript {
  /** Undefined where the image is none of a framework: then the local programs are all there is. */
  readonly framework?: Framework | undefined;
  /** Of the image. */
  readonly version?: string | undefined;
  /** An image that nothing is known of: the log says that it is not what runs. */
  readonly standsFor?: string | undefined;
  /** `sagemaker_program` */
  readonly program: string;
  /** `sagemaker_submit_directory`: `s3://…`, or a path in the job; undefined where the code is there already. */
  readonly submitDirectory: string | undefined;
  readonly arguments: readonly string[];
  /** What starts its processes. */
  readonly launcher: Launcher;
}

/** Where a script is looked for. */
export interface ScriptNames {
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** The request's own. @default none */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** ContainerArguments: they come after the hyperparameters. @default none */
  readonly arguments?: readonly string[] | undefined;
  /** The names of the job's hosts. @default none */
  readonly hosts?: readonly string[] | undefined;
}

/**
 * The script that a training job's hyperparameters name, or undefined where they name none. Pure.
 *
 * @throws JobFailure for a launcher that cannot be had here
 */
export function toolkitScript(
  image: Pick<ToolkitScript, 'framework' | 'version'> | undefined,
  { hyperparameters, environment = {}, arguments: more = [], hosts = [] }: ScriptNames,
): ToolkitScript | undefined {
  const program = environment['SAGEMAKER_PROGRAM'] ?? textOf(hyperparameters['sagemaker_program']);
  if (!program) return undefined;
  return {
    framework: image?.framework,
    version: image?.version,
    program,
    submitDirectory:
      textOf(hyperparameters['sagemaker_submit_directory']) ?? environment['SAGEMAKER_SUBMIT_DIRECTORY'],
    arguments: [...hyperparameterArguments(hyperparameters), ...(isDefault(more) ? [] : more)],
    launcher: chooseLauncher(hyperparameters, hosts),
  };
}

/** What SageMaker itself starts an image with. */
function isDefault(containerArguments: readonly string[]): boolean {
  return containerArguments.length === 1 && containerArguments[0] === 'train';
}

/** A hyperparameter as the SDK sends it: JSON-encoded; one that is not is taken as it stands. */
function textOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const decoded = decodePythonValue(value);
  return typeof decoded === 'string' ? decoded : value;
}
