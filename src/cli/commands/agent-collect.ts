import type { Command } from 'commander';
import { collect, toldEnd } from '../../agent/index.ts';
import {
  type AgentCommandOptions,
  addAgentOptions,
  addEndOptions,
  type EndOptions,
  endSourceOf,
  runAgent,
} from '../agent/run-agent.ts';

interface Options extends AgentCommandOptions, EndOptions {}

/** `sluice agent collect` */
export function configure(command: Command): void {
  addEndOptions(addAgentOptions(command))
    .addHelpText(
      'after',
      `
Runs once the user's container has ended: packs and uploads model and outputs,
and writes the job's result last. For a batch transform job it runs beside the
container that serves the model, and sends the objects through it.

Exit code 0 when the job has completed, 1 when it has failed or was stopped,
which its result says; 2 when no result could be written.

Examples:
  sluice agent collect
  sluice agent collect --exit-code 0 --log output.txt`,
    )
    .action((options: Options) =>
      runAgent(command, options, async (job, onStop) => {
        const isTransform = job.document.jobType === 'transform';
        if (isTransform) onStop(() => job.stopping.abort(new Error('The job is being stopped.')));
        const source = isTransform ? toldEnd({ stopped: false }) : endSourceOf(command, job, options);
        const { status, failureReason } = await collect(job, source);
        job.note(failureReason ?? status);
        return status === 'Completed' ? 0 : 1;
      }),
    );
}
