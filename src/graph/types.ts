/**
 * The one form of a workflow: JSON, versioned, frozen. `sdk/` and `python/` write it, `engine/` runs it,
 * `flyte/` registers it, the console draws it.
 */

/** The version of the graph form that this code reads and writes. */
export const GRAPH_VERSION = 2;

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The type of an input or output. `uri` is a place of data: `s3://…`, `file://…`; `json` is any JSON value. */
export type VariableType = 'string' | 'integer' | 'float' | 'boolean' | 'uri' | 'json';

/** One input or output of a task or workflow. */
export interface Variable {
  readonly type: VariableType;
  readonly description?: string;
  /** Inputs only: must be given, unless there is a default. @default true */
  readonly required?: boolean;
  readonly default?: Json;
}

/** Named inputs and outputs. */
export interface Interface {
  readonly inputs: Readonly<Record<string, Variable>>;
  readonly outputs: Readonly<Record<string, Variable>>;
}

/** Where a value comes from. */
export type Binding =
  | { readonly literal: Json }
  /** A workflow input. */
  | { readonly input: string }
  /** An output of another node. */
  | { readonly node: string; readonly output: string }
  | { readonly list: readonly Binding[] }
  | { readonly map: Readonly<Record<string, Binding>> };

/** One call of a task. */
export interface GraphNode {
  /** Unique in the graph. At most 63 characters, `[a-zA-Z0-9](-*[a-zA-Z0-9])*`. */
  readonly id: string;
  /** A key of {@link WorkflowGraph.tasks}. */
  readonly task: string;
  readonly inputs: Readonly<Record<string, Binding>>;
  /** Nodes that must succeed first although no data flows. @default [] */
  readonly after?: readonly string[];
}

/**
 * What a failed node means for the rest, in Flyte's words: stop what runs, or let every node run whose own
 * dependencies succeed.
 */
export type FailurePolicy = 'FAIL_IMMEDIATELY' | 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE';

/** A workflow with all that is needed to run it. */
export interface WorkflowGraph {
  readonly version: typeof GRAPH_VERSION;
  readonly name: string;
  readonly description?: string;
  /** The file that defines the workflow, for messages: relative to its project once the graph is portable. */
  readonly file?: string;
  /** @default 'FAIL_IMMEDIATELY' */
  readonly failurePolicy?: FailurePolicy;
  readonly interface: Interface;
  /** How each workflow output is made. */
  readonly outputs: Readonly<Record<string, Binding>>;
  readonly tasks: Readonly<Record<string, Task>>;
  readonly nodes: readonly GraphNode[];
}

/** A step of a workflow. */
export type Task = FunctionTask | JobTask;

/** A step that is a job under SageMaker's contract. */
export type JobTask = TrainingTask | ProcessingTask | BatchTransformTask | EndpointTask;

/** A job that ends by itself: endpoints go on. */
export type EndingJobTask = Exclude<JobTask, EndpointTask>;

interface TaskCommon {
  readonly name: string;
  /** Where the task is defined, `path:line`, for messages. */
  readonly file?: string;
  readonly interface: Interface;
  /** Further attempts after a failure that is the user's. @default 0 */
  readonly retries?: number;
  /** Of one attempt, seconds; none by default. */
  readonly timeoutSeconds?: number;
}

/** Code as content: the same wherever it lies. `docs/graph.md` says how it is made. */
export interface Bundle {
  /** `sha256:` and 64 hexadecimal digits, of the manifest of its files. */
  readonly digest: string;
  /** Where it was put, `s3://…`. @default found by its digest in the default bucket */
  readonly uri?: string;
}

/** A plain function: it runs in the engine's own process where its file was loaded, elsewhere by its code. */
export interface FunctionTask extends TaskCommon {
  readonly type: 'function';
  readonly code?: FunctionCode;
}

/** By which another process finds the function of a task: the module's workflow of this name holds it by the task's. */
export interface FunctionCode {
  readonly bundle: Bundle;
  /** The module that exports the workflow, a path in the bundle. */
  readonly entry: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** `sha256:…` of the function's own text: tells which of a module's functions has changed. */
  readonly source?: string;
}

/** The code of a job: a portable graph has it in a bundle, one that was just defined at its place on this machine. */
export type ScriptSource = BundledScript | LocalScript;

/** The code of a job as content. */
export interface BundledScript {
  /** The file to run, a path in the bundle. */
  readonly entry: string;
  readonly bundle: Bundle;
}

/** The code of a job where it lies. */
export interface LocalScript {
  /** The file to run, relative to `directory`. */
  readonly entry: string;
  /** Absolute path. Only `entry` is sent unless `whole`. */
  readonly directory: string;
  /** Send the whole directory (`sourceDir`), not the entry file alone. */
  readonly whole: boolean;
  /** Files and directories that are sent with `entry`, relative to `directory`; nothing where the whole of it is. */
  readonly others?: readonly string[];
}

/** What the author knows of a job, for whoever chooses where it runs. It changes nothing of the job itself. */
export interface PlacementFacts {
  /** Of the job itself, without start-up. @default from earlier runs, else an hour */
  readonly expectedDurationInSeconds?: number;
  /** Of all that it reads. @default what its inputs are found to have */
  readonly dataSizeInBytes?: number;
  readonly imageSizeInBytes?: number;
  /** Of one instance. @default what the instance type has */
  readonly gpuCount?: number;
  /** What an answer may take, of a model that serves. */
  readonly maxLatencyInMilliseconds?: number;
  /** From its start to its end. A platform that is not expected to keep it does not fit. */
  readonly deadlineInSeconds?: number;
  /** What it may cost at most. A platform that is dearer, or whose price is unknown, does not fit. */
  readonly maxCostInUSD?: number;
  /** Whether it may be interrupted and begun again: then cheaper machines are tried first. @default what useSpotInstances says */
  readonly spot?: boolean;
}

/** What all jobs have. Field names are SageMaker's, in the SDK's case. */
export interface JobCommon extends TaskCommon, PlacementFacts {
  /** The name of a platform, or `auto`: the router chooses. @default 'auto'; where `local` alone is enabled that is `local` */
  readonly platform?: string;
  /** `ml.m5.xlarge`; `local`: what the platform's settings have. */
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly volumeSizeInGB: number;
  /** Full image name. Absent: from `framework`, else from the kind of script. */
  readonly image?: string;
  readonly framework?: string;
  readonly frameworkVersion?: string;
  readonly script?: ScriptSource;
  /** ContainerEntrypoint; with `script` absent this is what runs. */
  readonly command?: readonly string[];
  /** ContainerArguments. */
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** StoppingCondition.MaxRuntimeInSeconds. */
  readonly maxRuntimeInSeconds: number;
  readonly role?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Further instance types, in order, where SageMaker has no room for `instanceType`; not of an endpoint. */
  readonly instancePreferences?: readonly string[];
  /** How many instances there are follows from the size of the data and the deadline, where the platform can tell. @default false */
  readonly autoInstanceCount?: boolean;
  /** The network that SageMaker runs the job in; one subnet for each zone that it may use. */
  readonly vpcConfig?: { readonly subnets: readonly string[]; readonly securityGroupIds: readonly string[] };
  /** The KMS key of the instances' disks. */
  readonly volumeKmsKeyId?: string;
  /** The KMS key of what the job writes to S3. */
  readonly outputKmsKeyId?: string;
}

/**
 * How a training script is started on its hosts, as the SageMaker Python SDK writes it:
 * `{ mpi: { enabled: true, processes_per_host: 2 } }`.
 */
export type Distribution = Readonly<Record<string, { readonly [setting: string]: Json }>>;

/** An input channel of a training task: SageMaker's Channel without its data, which is a task input of the same name. */
export interface ChannelDefinition {
  readonly contentType?: string;
  readonly inputMode?: 'File' | 'FastFile' | 'Pipe';
  readonly compressionType?: 'None' | 'Gzip';
  readonly recordWrapperType?: 'None' | 'RecordIO';
  readonly s3DataType?: 'S3Prefix' | 'ManifestFile' | 'AugmentedManifestFile';
  readonly s3DataDistributionType?: 'FullyReplicated' | 'ShardedByS3Key';
  readonly attributeNames?: readonly string[];
  readonly shuffleSeed?: number;
}

/**
 * A training job. Task inputs: each channel (`uri`), and optionally `hyperparameters` (`json`, merged over the
 * task's own). Outputs: `model` (`uri` of model.tar.gz), `output` (`uri` of output.tar.gz), `metrics` (`json`).
 */
export interface TrainingTask extends JobCommon {
  readonly type: 'training';
  readonly channels: Readonly<Record<string, ChannelDefinition>>;
  readonly hyperparameters: Readonly<Record<string, Json>>;
  readonly distribution?: Distribution;
  readonly metricDefinitions: readonly { readonly Name: string; readonly Regex: string }[];
  /** OutputDataConfig.S3OutputPath, `s3://…` or `file://…`. @default a place of the run */
  readonly s3OutputPath?: string;
  readonly enableManagedSpotTraining: boolean;
  /** StoppingCondition.MaxWaitTimeInSeconds; with spot, at least maxRuntimeInSeconds. */
  readonly maxWaitTimeInSeconds?: number;
  /** CheckpointConfig. `s3Uri` absent: a prefix of the run. */
  readonly checkpoint?: { readonly s3Uri?: string; readonly localPath: string };
  /** ResourceConfig.KeepAlivePeriodInSeconds: how long its instances wait for the next job that is like it. */
  readonly keepAlivePeriodInSeconds?: number;
  /** One of SageMaker's own algorithms, `linear-learner`, in place of an image: SageMaker's image of the region. */
  readonly algorithm?: string;
  /** JSON files in `model` or `output`, the archives that the job leaves, which become typed task outputs. */
  readonly propertyFiles?: Readonly<Record<string, PropertyFile>>;
}

/** One input of a processing task; its data is the task input of the same name. */
export interface ProcessingInputDefinition {
  /** @default '/opt/ml/processing/input/<name>' */
  readonly localPath: string;
  readonly inputMode: 'File' | 'Pipe';
  readonly compressionType?: 'None' | 'Gzip';
  readonly s3DataType?: 'S3Prefix' | 'ManifestFile';
  readonly s3DataDistributionType?: 'FullyReplicated' | 'ShardedByS3Key';
}

/** One output of a processing task; the task output of the same name is its `uri`. */
export interface ProcessingOutputDefinition {
  /** @default '/opt/ml/processing/output/<name>' */
  readonly localPath: string;
  readonly uploadMode: 'EndOfJob' | 'Continuous';
  /** Where it goes, `s3://…` or `file://…`. @default a place of the run */
  readonly s3Uri?: string;
}

/** A JSON file in an output that becomes a typed task output. SageMaker Pipelines' word. */
export interface PropertyFile {
  /** Name of a processing output; of a training task `model` or `output`. */
  readonly outputName: string;
  /** Path of the JSON file in that output. */
  readonly path: string;
}

/**
 * A Spark application: the task's `script` is its file (`.py` or `.jar`), and its `arguments` may name places by
 * `{input:NAME}` and `{output:NAME}`. Its further files are paths in the script's bundle, or `s3://…`.
 */
export interface SparkApplication {
  /** The main class, of a jar. */
  readonly className?: string;
  /** For the class paths of driver and executors. */
  readonly jars?: readonly string[];
  /** `.py`, `.zip` and `.egg`, for the executors' Python. */
  readonly pyFiles?: readonly string[];
  /** For the working directory of each executor. */
  readonly files?: readonly string[];
  /** Spark's properties, `{ 'spark.executor.memory': '4g' }`. */
  readonly conf?: Readonly<Record<string, string>>;
}

/** A processing job. Outputs: a `uri` for each output, a `json` for each property file. */
export interface ProcessingTask extends JobCommon {
  readonly type: 'processing';
  readonly inputs: Readonly<Record<string, ProcessingInputDefinition>>;
  readonly outputs: Readonly<Record<string, ProcessingOutputDefinition>>;
  readonly propertyFiles: Readonly<Record<string, PropertyFile>>;
  /**
   * Task inputs that are values, not places of data: the job finds them together, as one JSON object, in its environment
   * as `SLUICE_PARAMETERS_0`, `_1` and so on, to be put together.
   */
  readonly parameters?: readonly string[];
  /** What runs is a Spark application. */
  readonly spark?: SparkApplication;
}

/**
 * A batch transform job with the model it serves. Task inputs: `model` (`uri` of model.tar.gz) unless
 * `modelName` is set, and `input` (`uri`). Output: `output` (`uri`).
 */
export interface BatchTransformTask extends JobCommon {
  readonly type: 'batch_transform';
  /** An existing model; then `script` and `image` are its own. */
  readonly modelName?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly splitType: 'None' | 'Line' | 'RecordIO' | 'TFRecord';
  readonly compressionType: 'None' | 'Gzip';
  readonly assembleWith: 'None' | 'Line';
  readonly strategy?: 'SingleRecord' | 'MultiRecord';
  readonly maxPayloadInMB?: number;
  readonly maxConcurrentTransforms?: number;
  /** TransformOutput.S3OutputPath, `s3://…` or `file://…`. @default a place of the run */
  readonly s3OutputPath?: string;
  readonly dataProcessing?: {
    readonly inputFilter?: string;
    readonly outputFilter?: string;
    readonly joinSource?: 'None' | 'Input';
  };
}

/** One model that takes a part of an endpoint's traffic. What it does not say is the task's. */
export interface EndpointVariant {
  /** The task input that is its model.tar.gz, of many models the prefix that they lie below. */
  readonly input: string;
  /** Which part of the traffic, relative to the other variants. @default 1 */
  readonly weight?: number;
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How the instances of each variant follow its load: target tracking of invocations per instance and minute. */
export interface EndpointScaling {
  readonly minInstanceCount: number;
  readonly maxInstanceCount: number;
  readonly invocationsPerInstance: number;
  /** @default 300 */
  readonly scaleOutCooldownInSeconds?: number;
  /** @default 300 */
  readonly scaleInCooldownInSeconds?: number;
}

/**
 * An endpoint that is to serve models: it is created, or the one of its name is updated. Task inputs: the models (`uri`)
 * that its variants name. Outputs: `endpointName` and `url` (`string`), where it takes invocations.
 */
export interface EndpointTask extends JobCommon {
  readonly type: 'endpoint';
  /** @default the task's name */
  readonly endpointName?: string;
  /** By name; one at least. */
  readonly variants: Readonly<Record<string, EndpointVariant>>;
  /** `MultiModel`: one server has many models, and each invocation names its own. @default 'SingleModel' */
  readonly mode?: 'SingleModel' | 'MultiModel';
  readonly scaling?: EndpointScaling;
}
