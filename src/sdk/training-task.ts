import type { ChannelDefinition, Distribution, Json, TrainingTask, Variable } from '../graph/index.ts';
import { callSite, toUri } from './call-site.ts';
import { type ChannelInput, channelVariable, readChannel } from './channel-input.ts';
import { defineTask } from './define-task.ts';
import { mapValues } from './graph-builder.ts';
import { type JobOptions, jobCommon, pick, taskPlace } from './job-options.ts';
import { type Named, namedEntries, type PlacesOf } from './names.ts';
import { type FileReferences, type PropertyFiles, readPropertyFiles } from './property-files.ts';
import type { MixedJson, Reference } from './references.ts';
import type { TaskCall } from './task-call.ts';

/** What a training task says of itself. */
export interface TrainingTaskOptions<
  Channels extends Named<ChannelInput>,
  Files extends PropertyFiles = Record<never, never>,
> extends JobOptions {
  /** Names, or a record of what each channel is. */
  readonly channels?: Channels;
  /** Any JSON: a script gets them as arguments. Overridable in the call. @default {} */
  readonly hyperparameters?: Readonly<Record<string, Json>>;
  /** How the script is started, as the SageMaker Python SDK writes it: `{ mpi: { enabled: true } }`. @default once on each host */
  readonly distribution?: Distribution;
  /** By metric name, a regular expression whose group is the value; or SageMaker's own list. */
  readonly metricDefinitions?:
    | Readonly<Record<string, string>>
    | readonly { readonly Name: string; readonly Regex: string }[];
  /** EnableManagedSpotTraining. @default false */
  readonly useSpotInstances?: boolean;
  /** With spot: seconds to wait and run, at least maxRuntimeInSeconds. @default maxRuntimeInSeconds, with spot */
  readonly maxWaitTimeInSeconds?: number;
  /** OutputDataConfig.S3OutputPath: `s3://…`, or a path. @default a place of the run */
  readonly outputLocation?: string;
  /** CheckpointConfig. @default localPath '/opt/ml/checkpoints' */
  readonly checkpoint?: { readonly s3Uri?: string; readonly localPath?: string };
  /** How long SageMaker keeps the instances for the next job that is like it, seconds: a warm pool. @default 0 */
  readonly keepAlivePeriodInSeconds?: number;
  /** One of SageMaker's own algorithms, `linear-learner`, in place of a script or an image; `xgboost` runs here too. */
  readonly algorithm?: string;
  /** JSON files in the archives `output` or `model` that become outputs of their own, made by `json<T>({ outputName, path })`. */
  readonly propertyFiles?: Files;
}

const ownOptions = Object.keys({
  channels: 0,
  hyperparameters: 0,
  distribution: 0,
  metricDefinitions: 0,
  useSpotInstances: 0,
  maxWaitTimeInSeconds: 0,
  outputLocation: 0,
  checkpoint: 0,
  keepAlivePeriodInSeconds: 0,
  algorithm: 0,
  propertyFiles: 0,
} satisfies Record<Exclude<keyof TrainingTaskOptions<never>, keyof JobOptions>, 0>);

/** What a call of a training task gives. */
export type TrainingInputs<Channels> = PlacesOf<Channels> & {
  /** Laid over the task's own. */
  readonly hyperparameters?: { readonly [name: string]: MixedJson };
};

/** What a training job leaves. */
export interface TrainingOutputs {
  /** model.tar.gz */
  readonly model: Reference<'uri', string>;
  /** output.tar.gz */
  readonly output: Reference<'uri', string>;
  /** The last value of each metric definition. */
  readonly metrics: Reference<'json', Readonly<Record<string, number>>>;
}

/** A step that is a SageMaker training job. */
export function trainingTask<
  const Channels extends Named<ChannelInput> = readonly [],
  const Files extends PropertyFiles = Record<never, never>,
>(
  name: string,
  options: TrainingTaskOptions<Channels, Files>,
): TaskCall<TrainingInputs<Channels>, TrainingOutputs & FileReferences<Files>> {
  const site = callSite();
  const common = jobCommon(name, options, site, ownOptions);
  const channels = namedEntries<ChannelInput>(options.channels).map(
    ([channel, input]) =>
      [channel, readChannel(input ?? {}, `${taskPlace(name, site)}: channel '${channel}'`)] as const,
  );
  const inputs = channels.map(
    ([channel, { uri }]) => [channel, channelVariable(uri, site.directory)] as const,
  );
  const task: TrainingTask = {
    type: 'training',
    ...common,
    interface: {
      inputs: { ...Object.fromEntries(inputs), hyperparameters: { type: 'json', required: false } },
      outputs: {
        model: { type: 'uri' },
        output: { type: 'uri' },
        metrics: { type: 'json' },
        ...mapValues(options.propertyFiles ?? {}, (): Variable => ({ type: 'json' })),
      },
    },
    channels: Object.fromEntries(
      channels.map(([channel, { definition }]): [string, ChannelDefinition] => [channel, definition]),
    ),
    hyperparameters: { ...options.hyperparameters },
    ...pick(options, ['distribution', 'keepAlivePeriodInSeconds', 'algorithm']),
    ...(options.outputLocation !== undefined && {
      s3OutputPath: toUri(options.outputLocation, site.directory).replace(/\/+$/, ''),
    }),
    metricDefinitions: metricDefinitions(options.metricDefinitions ?? []),
    ...spot(options, common.maxRuntimeInSeconds),
    ...(options.checkpoint && { checkpoint: { localPath: '/opt/ml/checkpoints', ...options.checkpoint } }),
    ...(options.propertyFiles && { propertyFiles: readPropertyFiles(options.propertyFiles) }),
  };
  return defineTask(task, site.directory);
}

function spot(
  options: TrainingTaskOptions<Named<ChannelInput>>,
  maxRuntime: number,
): Pick<TrainingTask, 'enableManagedSpotTraining' | 'maxWaitTimeInSeconds'> {
  const enableManagedSpotTraining = options.useSpotInstances ?? false;
  return {
    enableManagedSpotTraining,
    ...(enableManagedSpotTraining && { maxWaitTimeInSeconds: maxRuntime }),
    ...pick(options, ['maxWaitTimeInSeconds']),
  };
}

function metricDefinitions(
  given: NonNullable<TrainingTaskOptions<readonly []>['metricDefinitions']>,
): TrainingTask['metricDefinitions'] {
  if (Array.isArray(given)) return given;
  return Object.entries(given).map(([Name, Regex]) => ({ Name, Regex: Regex as string }));
}
