import { type Command, Option } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { parseGraph, type WorkflowGraph, withPlatformsOf } from '../../graph/index.ts';
import { openState } from '../../home/index.ts';
import { getRun, getRunGraph, type RunRecord } from '../../state/index.ts';
import { approveResume } from '../approved-plan.ts';
import { carryOut } from '../carry-out.ts';
import { type CliContext, readContext } from '../context.ts';
import { addExecutorOptions, type ExecutorOptions } from '../executor-options.ts';
import { openRecorded } from '../open-recorded.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

interface Options extends ExecutorOptions, ServerOption {
  readonly recorded?: boolean;
  readonly current?: boolean;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

/** `sluice runs resume` */
export function configure(command: Command): void {
  addServerOption(
    addExecutorOptions(
      command
        .argument('<id>', 'the id of the run')
        .argument('[file]', 'the file of the workflow, where it has moved')
        .addOption(
          new Option(
            '--recorded',
            'take the workflow as it was when the run began, though its file has changed',
          ).conflicts('current'),
        )
        .option('--yes', 'carry it on, whatever that is expected to cost')
        .option('--current', 'take the code as it is now, though steps have succeeded with other code')
        .option('--detach', 'with --server: leave the run to the server once it goes on'),
    ),
  )
    .addHelpText(
      'after',
      `
Carries on a run that has failed, was stopped, or lost its process. What
succeeded is not repeated. A script or function that has changed runs as it is
now, unless it has succeeded already: then say which code you mean. One whose
steps would cost money asks, as run does.

Examples:
  sluice runs resume diagnosis-x7k2
  sluice runs resume diagnosis-x7k2 moved/pipeline.ts
  sluice runs resume diagnosis-x7k2 --recorded
  sluice runs resume diagnosis-x7k2 --server http://127.0.0.1:4777`,
    )
    .action(async (id: string, file: string | undefined, options: Options) => {
      const { recorded = false, yes = false } = options;
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) {
        refuseLocal(file, options);
        const { resumeRemotely } = await import('../remote/resume-remotely.ts');
        return resumeRemotely({ context, server, id, detach: options.detach ?? false });
      }
      const { run, graph } = await readRecorded(context, id);
      if (run.phase === 'Succeeded' && !context.json)
        process.stderr.write(`Run '${id}' has succeeded already: there is nothing to carry on.\n`);
      const runnable = await openRecorded({ run, graph, file, recorded });
      await carryOut({
        context,
        executor: options,
        graph: runnable.graph,
        begin: async (engine, wrap, bundles, home) => {
          if (run.phase !== 'Succeeded') await approveResume(home, id, { graph, yes });
          const { functions, ...compiled } = await runnable.prepare(bundles);
          return engine.resume(id, {
            ...compiled,
            graph: withPlatformsOf(compiled.graph, graph),
            useRecordedGraph: recorded,
            useCurrentCode: options.current ?? false,
            functions: wrap(functions),
          });
        },
        end: runnable.close,
      });
    });
}

/** A server has the code of its runs, and takes it as it was. */
function refuseLocal(file: string | undefined, { current, executor }: Options): void {
  const given =
    file !== undefined ? 'A file' : current ? '--current' : executor === 'auto' ? undefined : '--executor';
  if (given === undefined) return;
  throw new SluiceError(
    'InvalidArgument',
    `${given} is not for a run of a server: it goes on as it was begun.`,
    {
      hint: 'To run changed code, begin a run: sluice run FILE --server URL',
    },
  );
}

async function readRecorded(
  context: CliContext,
  id: string,
): Promise<{ run: RunRecord; graph: WorkflowGraph }> {
  const state = await openState(context, 'read');
  try {
    return {
      run: await getRun(state, id),
      graph: await parseGraph(await getRunGraph(state, id), { recorded: true }),
    };
  } finally {
    await state.close();
  }
}
