import type { Command } from 'commander';
import { feed, feedAndCollect } from '../../agent/index.ts';
import {
  type AgentCommandOptions,
  addAgentOptions,
  addEndOptions,
  type EndOptions,
  endSourceOf,
  runAgent,
} from '../agent/run-agent.ts';

interface Options extends AgentCommandOptions, EndOptions {
  readonly collect?: boolean;
}

/** `sluice agent feed` */
export function configure(command: Command): void {
  addEndOptions(addAgentOptions(command))
    .option('--collect', 'afterwards do what sluice agent collect does')
    .addHelpText(
      'after',
      `
Runs beside the user's container: feeds channels in Pipe mode, uploads
checkpoints and continuous outputs. Ends after the last uploads when it gets
SIGTERM, which Kubernetes sends it once the user's container has ended.

Examples:
  sluice agent feed --collect`,
    )
    .action((options: Options) =>
      runAgent(command, options, async (job, onStop) => {
        const ended = new AbortController();
        onStop(() => ended.abort());
        if (!options.collect) {
          await feed(job, ended.signal);
          return 0;
        }
        const source = endSourceOf(command, job, options);
        const { status } = await feedAndCollect(job, source, ended.signal);
        return status === 'Completed' ? 0 : 1;
      }),
    );
}
