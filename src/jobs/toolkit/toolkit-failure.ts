/** The errors that the toolkit reports under their own names. */
export type ToolkitError = 'ExecuteUserScriptError' | 'InstallRequirementsError' | 'InstallModuleError';

/** What the toolkit says of a command that has failed. */
export interface ToolkitFailure {
  readonly error: ToolkitError;
  readonly exitCode: number;
  readonly message: string;
  /** A further line. */
  readonly extraInfo?: string | undefined;
  readonly command: readonly string[];
}

/** The exit code of the toolkit itself, whatever the script's was. */
export const TOOLKIT_EXIT_CODE = 1;

const KILLED = 137;
const OUT_OF_MEMORY = 'OutOfMemory: Process killed by SIGKILL (signal 9)';

/**
 * The text of the toolkit's failure file.
 *
 * @see https://github.com/aws/sagemaker-training-toolkit/blob/master/src/sagemaker_training/errors.py
 */
export function toolkitFailureText(failure: ToolkitFailure): string {
  const extra = failure.extraInfo ?? (failure.exitCode === KILLED ? OUT_OF_MEMORY : undefined);
  return [
    `${failure.error}:`,
    `ExitCode ${failure.exitCode}`,
    `ErrorMessage "${failure.message}"`,
    ...(extra === undefined ? [] : [`ExtraInfo "${extra}"`]),
    `Command "${failure.command.join(' ')}"`,
  ].join('\n');
}
