import { type CapturedErrors, ErrorCapture } from './error-capture.ts';
import type { HostProgram, ProgramHost } from './host-program.ts';
import { missingModuleHint } from './missing-module.ts';
import type { LocalPython } from './python.ts';
import { TOOLKIT_EXIT_CODE, toolkitFailureText } from './toolkit-failure.ts';

/** A script that is about to run. */
export interface WatchedScript {
  readonly command: readonly string[];
  readonly host: ProgramHost;
  /** Whose errors are looked for in its output. */
  readonly errors: CapturedErrors;
  /** Of a script for Python: for the advice on a package that is missing. */
  readonly python?: LocalPython | undefined;
}

/** Notes the command of a script for Python in the log as the toolkit does, and reports a failure as the toolkit does. */
export function watchScript({
  command,
  host,
  errors,
  python,
}: WatchedScript): Pick<HostProgram, 'onOutput' | 'conclude'> {
  // Whatever no toolkit of SageMaker's would run has a log of its own alone.
  if (python) host.log.note(`Invoking script with the following command:\n\n${command.join(' ')}\n`);
  const capture = new ErrorCapture(errors);
  return {
    onOutput: (stream, chunk) => capture.push(stream, chunk),
    conclude({ exitCode }) {
      if (exitCode === 0) return { exitCode };
      const message = capture.message();
      const extraInfo = python && missingModuleHint(message, python);
      const failure = { error: 'ExecuteUserScriptError' as const, exitCode, message, extraInfo, command };
      return { exitCode: TOOLKIT_EXIT_CODE, failure: toolkitFailureText(failure) };
    },
  };
}
