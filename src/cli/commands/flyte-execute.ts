import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { executeFunction, GRAPH_VARIABLE, openFlytePlaces } from '../../flyte/functions/index.ts';
import { readContext } from '../context.ts';

interface Options {
  readonly inputs: string;
  readonly outputPrefix: string;
}

/** `sluice flyte execute` */
export function configure(command: Command): void {
  command
    .requiredOption('--inputs <place>', 'inputs.pb')
    .requiredOption('--output-prefix <place>', 'where outputs.pb or error.pb goes')
    .addHelpText(
      'after',
      `
What a container of Flyte runs: the function of a workflow, as sluice flyte register
has written it into the variable ${GRAPH_VARIABLE}. Nothing for people to call.

Examples:
  sluice flyte execute --inputs s3://bucket/inputs.pb --output-prefix s3://bucket/out`,
    )
    .action(async (options: Options) => {
      const { environment, paths } = readContext(command);
      const graph = environment[GRAPH_VARIABLE];
      if (!graph)
        throw new SluiceError('InvalidArgument', `${GRAPH_VARIABLE} is not set.`, {
          hint: 'Flyte sets it in the containers of tasks that sluice flyte register has registered.',
        });
      const stopping = new AbortController();
      process.once('SIGTERM', () => stopping.abort(new Error('Flyte ends the task.')));
      await using places = await openFlytePlaces(environment, paths.home);
      const failure = await executeFunction({
        ...options,
        graph,
        places,
        context: {
          runId: environment['FLYTE_INTERNAL_EXECUTION_ID'] ?? '',
          node: environment['FLYTE_INTERNAL_TASK_NAME'] ?? '',
          attempt: Number(environment['FLYTE_ATTEMPT_NUMBER'] ?? 0) + 1,
          signal: stopping.signal,
        },
      });
      if (failure) process.stderr.write(`${failure.message}\n`);
      // As pyflyte-execute does: error.pb tells Flyte, and the container itself has done its work.
      if (failure && /^(?:1|true|yes|on)$/i.test(environment['FLYTE_FAIL_ON_ERROR'] ?? ''))
        process.exitCode = 1;
    });
}
