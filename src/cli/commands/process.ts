import type { Command } from 'commander';
import type { ProcessingTask } from '../../graph/index.ts';
import {
  addArgumentOption,
  addJobOptions,
  commonTask,
  type JobCommandOptions,
  jobName,
} from '../job-options.ts';
import { collect, collectKeyValue } from '../key-value.ts';
import { runJob } from '../run-job.ts';
import { readPlaces } from '../workflow-inputs.ts';

interface Options extends JobCommandOptions {
  readonly channel?: Readonly<Record<string, string>>;
  readonly outputName?: readonly string[];
}

/** `sluice process` */
export function configure(command: Command): void {
  addArgumentOption(addJobOptions(command))
    .option('--channel <name=place>', 'an input: a path, file:// or s3://; repeat for more', collectKeyValue)
    .option('--output-name <name>', 'an output; repeat for more (default: output)', collect)
    .addHelpText(
      'after',
      `
The script finds an input at /opt/ml/processing/input/<name>, and writes an
output into /opt/ml/processing/output/<name>.

Examples:
  sluice process --script clean.ts --channel raw=./data --output ./clean
  sluice process --script split.py --channel raw=./data \\
    --output-name train --output-name test --output ./parts
  sluice process --script clean.ts --channel raw=./data \\
    --argument=--input --argument=/opt/ml/processing/input/raw`,
    )
    .action(async (options: Options) => {
      const channels = options.channel ?? {};
      const outputs = options.outputName ?? ['output'];
      const task: ProcessingTask = {
        type: 'processing',
        ...commonTask(options),
        interface: {
          inputs: Object.fromEntries(Object.keys(channels).map((name) => [name, { type: 'uri' }])),
          outputs: Object.fromEntries(outputs.map((name) => [name, { type: 'uri' }])),
        },
        inputs: Object.fromEntries(Object.keys(channels).map((name) => [name, processingInput(name)])),
        outputs: Object.fromEntries(outputs.map((name) => [name, processingOutput(name)])),
        propertyFiles: {},
      };
      const inputs = readPlaces(channels);
      await runJob(command, { task, inputs, jobName: jobName(options) }, options);
    });
}

function processingInput(name: string): ProcessingTask['inputs'][string] {
  return { localPath: `/opt/ml/processing/input/${name}`, inputMode: 'File' };
}

function processingOutput(name: string): ProcessingTask['outputs'][string] {
  return { localPath: `/opt/ml/processing/output/${name}`, uploadMode: 'EndOfJob' };
}
