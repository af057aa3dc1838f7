import { type Command, Option } from 'commander';
import type { Distribution, TrainingTask } from '../../graph/index.ts';
import {
  addArgumentOption,
  addJobOptions,
  commonTask,
  type JobCommandOptions,
  jobName,
} from '../job-options.ts';
import { collectKeyValue, parseCount } from '../key-value.ts';
import { runJob } from '../run-job.ts';
import { parseDistribution, readHyperparameters } from '../training-options.ts';
import { readPlaces } from '../workflow-inputs.ts';

interface Options extends JobCommandOptions {
  readonly channel?: Readonly<Record<string, string>>;
  readonly hyperparameter?: Readonly<Record<string, string>>;
  readonly metric?: Readonly<Record<string, string>>;
  readonly inputMode: 'File' | 'FastFile' | 'Pipe';
  readonly distribution?: Distribution;
  readonly spot?: boolean;
  readonly maxWait?: number;
}

/** `sluice train` */
export function configure(command: Command): void {
  addArgumentOption(addJobOptions(command))
    .option('--channel <name=place>', 'a channel: a path, file:// or s3://; repeat for more', collectKeyValue)
    .option('--hyperparameter <name=value>', 'repeat for more', collectKeyValue)
    .option('--metric <name=regex>', 'a metric definition; repeat for more', collectKeyValue)
    .addOption(
      new Option('--input-mode <mode>', 'how the channels come')
        .choices(['File', 'FastFile', 'Pipe'])
        .default('File'),
    )
    .option(
      '--distribution <name>',
      'torch_distributed, mpi, …, or JSON: {"mpi": {"enabled": true, "processes_per_host": 2}}',
      parseDistribution,
    )
    .option('--spot', 'managed spot training, for the contract and the estimate of the cost')
    .option('--max-wait <seconds>', 'with --spot, at least --max-runtime (default: the same)', parseCount)
    .addHelpText(
      'after',
      `
Examples:
  sluice train --script train.ts --channel train=./data --output ./out
  sluice train --script train.py --channel train=s3://bucket/prefix/ \\
    --hyperparameter epochs=10 --metric 'loss=loss: ([0-9.]+)'
  sluice train --source-dir ./steps --script train.ts --channel train=./data \\
    --input-mode Pipe`,
    )
    .action(async (options: Options) => {
      const { channel: channels = {}, inputMode, spot = false } = options;
      const task: TrainingTask = {
        type: 'training',
        ...commonTask(options),
        interface: {
          inputs: Object.fromEntries(Object.keys(channels).map((name) => [name, { type: 'uri' }])),
          outputs: { model: { type: 'uri' }, output: { type: 'uri' }, metrics: { type: 'json' } },
        },
        channels: Object.fromEntries(Object.keys(channels).map((name) => [name, { inputMode }])),
        hyperparameters: readHyperparameters(options.hyperparameter ?? {}),
        ...(options.distribution && { distribution: options.distribution }),
        metricDefinitions: Object.entries(options.metric ?? {}).map(([Name, Regex]) => ({ Name, Regex })),
        enableManagedSpotTraining: spot,
        ...(spot && { maxWaitTimeInSeconds: options.maxWait ?? options.maxRuntime }),
      };
      const inputs = readPlaces(channels);
      await runJob(command, { task, inputs, jobName: jobName(options) }, options);
    });
}
