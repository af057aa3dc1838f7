import type {
  ProcessingInputDefinition,
  ProcessingOutputDefinition,
  ProcessingTask,
  SparkApplication,
  Variable,
} from '../graph/index.ts';
import { type CallSite, callSite, toUri } from './call-site.ts';
import { type ChannelDict, channelVariable, readChannel } from './channel-input.ts';
import { defineTask } from './define-task.ts';
import { expectOptions } from './expect-options.ts';
import { mapValues } from './graph-builder.ts';
import { type JobOptions, jobCommon, taskPlace } from './job-options.ts';
import { type Named, namedEntries, type PlaceReferencesOf, type PlacesOf } from './names.ts';
import { type FileReferences, type PropertyFiles, readPropertyFiles } from './property-files.ts';
import type { InputsOf } from './references.ts';
import { filesOfSpark, readSpark } from './spark-options.ts';
import type { TaskCall } from './task-call.ts';
import type { AnyVariable } from './variables.ts';
import { variablesAt } from './variables-at.ts';

/** An input of a processing task: what is known of it, SageMaker's flat form, or its data alone. */
export type ProcessingInputOptions =
  | (Partial<ProcessingInputDefinition> & { readonly s3Uri?: string })
  | (Pick<
      ChannelDict,
      'CompressionType' | 'InputMode' | 'S3DataDistributionType' | 'S3DataType' | 'S3Uri'
    > & {
      readonly LocalPath?: string;
    })
  | string;

/** An output of a processing task: what is known of it, SageMaker's flat form, or where it goes alone. */
export type ProcessingOutputOptions =
  | Partial<ProcessingOutputDefinition>
  | {
      readonly S3Uri?: string;
      readonly LocalPath?: string;
      readonly S3UploadMode?: 'EndOfJob' | 'Continuous';
    }
  | string;

/** What a processing task says of itself. */
export interface ProcessingTaskOptions<
  Inputs extends Named<ProcessingInputOptions>,
  Outputs extends Named<ProcessingOutputOptions>,
  Files extends PropertyFiles,
  Parameters extends Variables,
> extends JobOptions {
  /** Names, or a record of what each input is. Data lies at `/opt/ml/processing/input/<name>`. */
  readonly inputs?: Inputs;
  /** Names, or a record of what each output is. Taken from `/opt/ml/processing/output/<name>`. */
  readonly outputs?: Outputs;
  /** JSON files in outputs that become outputs of their own, made by `json<T>({ outputName, path })`. */
  readonly propertyFiles?: Files;
  /** Values that the job is given: its environment has them as JSON, `parameters()` of `sluice/job` reads them. */
  readonly parameters?: Parameters;
  /** A Spark application: `script` is its `.py` or `.jar`. @default what `framework: 'spark'` runs is one */
  readonly spark?: SparkApplication;
}

type Variables = Readonly<Record<string, AnyVariable>>;

/** A step that is a SageMaker processing job. */
export function processingTask<
  const Inputs extends Named<ProcessingInputOptions> = readonly [],
  const Outputs extends Named<ProcessingOutputOptions> = readonly [],
  const Files extends PropertyFiles = Record<never, never>,
  const Parameters extends Variables = Record<never, never>,
>(
  name: string,
  options: ProcessingTaskOptions<Inputs, Outputs, Files, Parameters>,
): TaskCall<PlacesOf<Inputs> & InputsOf<Parameters>, PlaceReferencesOf<Outputs> & FileReferences<Files>> {
  const site = callSite();
  const owner = taskPlace(name, site);
  const spark = options.spark && readSpark(options.spark, { ...options, owner, base: site.directory });
  const own = ['inputs', 'outputs', 'propertyFiles', 'parameters', 'spark'];
  const common = jobCommon(name, options, site, own, filesOfSpark(spark));
  const inputs = readInputs(options.inputs, site, owner);
  const outputs = Object.fromEntries(
    namedEntries<ProcessingOutputOptions>(options.outputs).map(([output, definition]) => [
      output,
      readOutput(output, definition ?? {}, site, owner),
    ]),
  );
  const files = readPropertyFiles(options.propertyFiles);
  const parameters = variablesAt(options.parameters ?? {}, site.directory);
  const task: ProcessingTask = {
    type: 'processing',
    ...common,
    interface: {
      inputs: { ...parameters, ...mapValues(inputs, ({ variable }) => variable) },
      outputs: {
        ...mapValues(outputs, (): Variable => ({ type: 'uri' })),
        ...mapValues(files, (): Variable => ({ type: 'json' })),
      },
    },
    inputs: mapValues(inputs, ({ definition }) => definition),
    outputs,
    propertyFiles: files,
    ...(options.parameters && { parameters: Object.keys(parameters) }),
    ...(spark && { spark }),
  };
  return defineTask(task, site.directory);
}

const outputOptions = ['localPath', 'uploadMode', 's3Uri', 'S3Uri', 'LocalPath', 'S3UploadMode'];

interface ReadInput {
  readonly definition: ProcessingInputDefinition;
  readonly variable: Variable;
}

function readInputs(
  inputs: Named<ProcessingInputOptions> | undefined,
  site: CallSite,
  owner: string,
): Record<string, ReadInput> {
  return Object.fromEntries(
    namedEntries<ProcessingInputOptions>(inputs).map(([name, input]) => [
      name,
      readInput(name, input ?? {}, site, `${owner}: input '${name}'`),
    ]),
  );
}

function readInput(name: string, input: ProcessingInputOptions, site: CallSite, owner: string): ReadInput {
  const { definition, uri } = readChannel(input, owner);
  const localPath = typeof input === 'string' ? undefined : (input as { LocalPath?: string }).LocalPath;
  return {
    definition: {
      inputMode: 'File',
      ...(definition as Partial<ProcessingInputDefinition>),
      localPath:
        localPath ??
        (definition as Partial<ProcessingInputDefinition>).localPath ??
        `/opt/ml/processing/input/${name}`,
    },
    variable: channelVariable(uri, site.directory),
  };
}

function readOutput(
  name: string,
  output: ProcessingOutputOptions,
  site: CallSite,
  owner: string,
): ProcessingOutputDefinition {
  if (typeof output !== 'string') expectOptions(`${owner}: output '${name}'`, output, outputOptions);
  const { S3Uri, LocalPath, S3UploadMode, ...known } = (
    typeof output === 'string' ? { s3Uri: output } : output
  ) as Partial<ProcessingOutputDefinition> & {
    S3Uri?: string;
    LocalPath?: string;
    S3UploadMode?: 'EndOfJob';
  };
  const uri = known.s3Uri ?? S3Uri;
  return {
    localPath: LocalPath ?? `/opt/ml/processing/output/${name}`,
    uploadMode: S3UploadMode ?? 'EndOfJob',
    ...known,
    ...(uri !== undefined && { s3Uri: toUri(uri, site.directory) }),
  };
}
