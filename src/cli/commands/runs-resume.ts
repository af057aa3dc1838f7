import type { Command } from 'commander';
import { parseGraph, type WorkflowGraph } from '../../graph/index.ts';
import { openState } from '../../home/index.ts';
import type { Workflow } from '../../sdk/index.ts';
import { getRun, getRunGraph, type RunRecord } from '../../state/index.ts';
import { carryOut } from '../carry-out.ts';
import { type CliContext, readContext } from '../context.ts';
import { addExecutorOptions, type ExecutorOptions } from '../executor-options.ts';
import { loadWorkflow } from '../load-workflow.ts';

interface Options extends ExecutorOptions {
  readonly recorded?: boolean;
}

/** `sluice runs resume` */
export function configure(command: Command): void {
  addExecutorOptions(
    command
      .argument('<id>', 'the id of the run')
      .argument('[file]', 'the file of the workflow, where it has moved')
      .option('--recorded', 'take the workflow as it was when the run began, though its file has changed'),
  )
    .addHelpText(
      'after',
      `
Carries on a run that has failed, was stopped, or lost its process. What
succeeded is not repeated.

Examples:
  sluice runs resume diagnosis-x7k2
  sluice runs resume diagnosis-x7k2 moved/pipeline.ts
  sluice runs resume diagnosis-x7k2 --recorded`,
    )
    .action(async (id: string, file: string | undefined, options: Options) => {
      const { recorded = false } = options;
      const context = readContext(command);
      const { run, graph } = await readRecorded(context, id);
      const workflow = await currentWorkflow(run, graph, file, recorded);
      await carryOut({
        context,
        executor: options,
        graph: recorded ? graph : (workflow?.graph ?? graph),
        begin: (engine, wrap) =>
          engine.resume(id, {
            useRecordedGraph: recorded,
            ...(workflow === undefined ? {} : { graph: workflow.graph, functions: wrap(workflow.functions) }),
          }),
      });
    });
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

/** The workflow as its file has it now. Only jobs can go on without it: functions live in the file. */
async function currentWorkflow(
  run: RunRecord,
  graph: WorkflowGraph,
  file: string | undefined,
  recorded: boolean,
): Promise<Workflow | undefined> {
  const path = file ?? run.file;
  if (path === undefined) return undefined;
  const hasFunctions = Object.values(graph.tasks).some(({ type }) => type === 'function');
  return recorded && !hasFunctions ? undefined : loadWorkflow(path, run.workflow);
}
