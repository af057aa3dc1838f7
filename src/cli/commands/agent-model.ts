import type { Command } from 'commander';
import { bringModel } from '../../agent/index.ts';
import { ML_ROOT } from '../../contract/paths.ts';
import { withAgentStores } from '../agent/run-agent.ts';

interface Options {
  readonly ml?: string;
  readonly data?: string;
  readonly code?: string;
}

/** `sluice agent model` */
export function configure(command: Command): void {
  command
    .option('--ml <directory>', "the volume of the model's container (default: /opt/ml)")
    .option('--data <uri>', 'the model.tar.gz, s3://…')
    .option('--code <uri>', 'an archive of its code, s3://…')
    .addHelpText(
      'after',
      `
Runs before the container of an endpoint: brings the model to /opt/ml/model and
its code to /opt/ml/code. Exit code 1 when that fails.

Example:
  sluice agent model --data s3://bucket/model.tar.gz`,
    )
    .action(({ ml = ML_ROOT, data, code }: Options) =>
      withAgentStores(command, (stores, signal) =>
        bringModel({
          mlDirectory: ml,
          dataUrl: data,
          codeUrl: code,
          stores,
          note: (text) => process.stderr.write(`${text}\n`),
          signal,
        }),
      ),
    );
}
