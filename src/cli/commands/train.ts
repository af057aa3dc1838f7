import type { Command } from 'commander';
import type { TrainingTask } from '../../graph/index.ts';
import { addArgumentOption, addJobOptions, commonTask, type JobOptions, jobName } from '../job-options.ts';
import { collectKeyValue } from '../key-value.ts';
import { runJob } from '../run-job.ts';
import { readUri } from '../workflow-inputs.ts';

interface Options extends JobOptions {
  readonly channel?: Readonly<Record<string, string>>;
  readonly hyperparameter?: Readonly<Record<string, string>>;
  readonly metric?: Readonly<Record<string, string>>;
}

/** `sluice train` */
export function configure(command: Command): void {
  addArgumentOption(addJobOptions(command))
    .option('--channel <name=place>', 'a channel: a path, file:// or s3://; repeat for more', collectKeyValue)
    .option('--hyperparameter <name=value>', 'repeat for more', collectKeyValue)
    .option('--metric <name=regex>', 'a metric definition; repeat for more', collectKeyValue)
    .addHelpText(
      'after',
      `
Examples:
  sluice train --script train.ts --channel train=./data --output ./out
  sluice train --script train.py --channel train=s3://bucket/prefix/ \\
    --hyperparameter epochs=10 --metric 'loss=loss: ([0-9.]+)'
  sluice train --source-dir ./steps --script train.ts --channel train=./data`,
    )
    .action(async (options: Options) => {
      const channels = options.channel ?? {};
      const task: TrainingTask = {
        type: 'training',
        ...commonTask(options),
        interface: {
          inputs: Object.fromEntries(Object.keys(channels).map((name) => [name, { type: 'uri' }])),
          outputs: { model: { type: 'uri' }, output: { type: 'uri' }, metrics: { type: 'json' } },
        },
        channels: Object.fromEntries(Object.keys(channels).map((name) => [name, {}])),
        hyperparameters: options.hyperparameter ?? {},
        metricDefinitions: Object.entries(options.metric ?? {}).map(([Name, Regex]) => ({ Name, Regex })),
        enableManagedSpotTraining: false,
      };
      const inputs = Object.fromEntries(
        Object.entries(channels).map(([name, place]) => [name, readUri(place)]),
      );
      await runJob(command, { task, inputs, jobName: jobName(options) }, options);
    });
}
