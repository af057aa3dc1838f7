import { type Command, Option } from 'commander';
import type { BatchTransformTask } from '../../graph/index.ts';
import { addJobOptions, commonTask, type JobCommandOptions, jobName } from '../job-options.ts';
import { parseCount } from '../key-value.ts';
import { runJob } from '../run-job.ts';
import { readPlace } from '../workflow-inputs.ts';

interface Options extends JobCommandOptions {
  readonly model: string;
  readonly input: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly splitType: BatchTransformTask['splitType'];
  readonly assembleWith: BatchTransformTask['assembleWith'];
  readonly strategy?: 'SingleRecord' | 'MultiRecord';
  readonly maxPayload?: number;
  readonly maxConcurrent?: number;
}

/** `sluice transform` */
export function configure(command: Command): void {
  addJobOptions(command)
    .requiredOption('--model <place>', 'the model.tar.gz: a path, file:// or s3://')
    .requiredOption('--input <place>', 'the objects to transform: a path, file:// or s3://')
    .option('--content-type <type>', 'of the input, for example text/csv')
    .option('--accept <type>', 'of the output')
    .addOption(
      new Option('--split-type <type>', 'how an object is split into records')
        .choices(['None', 'Line', 'RecordIO', 'TFRecord'])
        .default('None'),
    )
    .addOption(
      new Option('--assemble-with <type>', 'what comes between answers')
        .choices(['None', 'Line'])
        .default('None'),
    )
    .addOption(
      new Option('--strategy <name>', 'records in a request').choices(['SingleRecord', 'MultiRecord']),
    )
    .option('--max-payload <MB>', 'the largest request', parseCount)
    .option('--max-concurrent <n>', 'requests at once', parseCount)
    .addHelpText(
      'after',
      `
The script exports modelFn, and optionally inputFn, predictFn and outputFn. Each
input object <key> becomes one output <key>.out.

Examples:
  sluice transform --script inference.ts --model model.tar.gz --input ./test \\
    --content-type text/csv --split-type Line --output ./out
  sluice transform --source-dir ./steps --script inference.ts \\
    --model s3://bucket/job/output/model.tar.gz --input s3://bucket/test/`,
    )
    .action(async (options: Options) => {
      const task: BatchTransformTask = {
        type: 'batch_transform',
        ...commonTask(options),
        interface: {
          inputs: { model: { type: 'uri' }, input: { type: 'uri' } },
          outputs: { output: { type: 'uri' } },
        },
        ...transformFields(options),
      };
      const inputs = {
        model: readPlace('--model', options.model),
        input: readPlace('--input', options.input),
      };
      await runJob(command, { task, inputs, jobName: jobName(options) }, options);
    });
}

function transformFields(options: Options) {
  const { contentType, accept, splitType, assembleWith, strategy, maxPayload, maxConcurrent } = options;
  return {
    splitType,
    assembleWith,
    compressionType: 'None' as const,
    ...(contentType === undefined ? {} : { contentType }),
    ...(accept === undefined ? {} : { accept }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(maxPayload === undefined ? {} : { maxPayloadInMB: maxPayload }),
    ...(maxConcurrent === undefined ? {} : { maxConcurrentTransforms: maxConcurrent }),
  };
}
