import { frameworkImageUri } from '../../contract/framework-image-uri.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import type { Binding, JobTask, WorkflowGraph } from '../../graph/index.ts';

/** What roles are made for: the workflows at hand, and the platforms that are enabled. */
export interface RoleNeeds {
  /** `s3://…` that jobs read from; a bucket's name may end in `*`. */
  readonly reads: readonly string[];
  /** `s3://…` that jobs write under. */
  readonly writes: readonly string[];
  /** Images in ECR: registry, region, repository. */
  readonly images: readonly EcrImage[];
  readonly jobTypes: readonly JobTask['type'][];
  /** ARNs of roles that are passed on to SageMaker. */
  readonly passed: readonly string[];
  /** ARNs of keys. */
  readonly keys: readonly string[];
  readonly inVpc: boolean;
  readonly metrics: boolean;
  /** What is only known when a workflow runs. */
  readonly unknown: readonly string[];
}

/** A repository of ECR. */
export interface EcrImage {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
}

/** What the workflows name, and what the settings say for them. */
export function needsOf(
  graphs: readonly WorkflowGraph[],
  platforms: PlatformsSettings,
  buckets: readonly string[],
): RoleNeeds {
  const { sagemaker = {} } = platforms;
  const region = sagemaker.region ?? 'us-east-1';
  const sections = [sagemaker.training, sagemaker.processing, sagemaker.batchTransform];
  const outputs = sections.flatMap((section) => section?.outputPath ?? []);
  const named = buckets.map((bucket) => `s3://${bucket}/`);
  const tasks = graphs
    .flatMap(({ tasks }) => Object.values(tasks))
    .filter((task) => task.type !== 'function');
  return {
    reads: distinct([...graphs.flatMap(placesIn), ...named, ...outputs]),
    writes: distinct([...outputs, ...named, ...tasks.flatMap(writesOf)]),
    images: distinctImages(tasks.flatMap((task) => imageOf(task, region))),
    jobTypes: distinct(tasks.map(({ type }) => type)) as JobTask['type'][],
    passed: distinct([sagemaker.executionRole, ...tasks.map(({ role }) => role)]).filter((role) =>
      role.startsWith('arn:'),
    ),
    keys: distinct(
      [sagemaker, ...tasks].flatMap(({ volumeKmsKeyId, outputKmsKeyId }) => [volumeKmsKeyId, outputKmsKeyId]),
    ).filter((key) => key.startsWith('arn:')),
    inVpc: sagemaker.vpc !== undefined || tasks.some(({ vpcConfig }) => vpcConfig !== undefined),
    metrics: tasks.some((task) => task.type === 'training' && task.metricDefinitions.length > 0),
    unknown: graphs.flatMap(unknownIn),
  };
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}

function distinctImages(images: readonly EcrImage[]): EcrImage[] {
  const byName = new Map(images.map((image) => [JSON.stringify(image), image]));
  return [...byName.values()];
}

/** Every `s3://…` that a node or an input of the workflow names. */
function placesIn({ nodes, interface: { inputs } }: WorkflowGraph): string[] {
  const bound = nodes.flatMap((node) => Object.values(node.inputs).flatMap(literalsOf));
  const defaults = Object.values(inputs).map((input) => input.default);
  return [...bound, ...defaults].filter(
    (value): value is string => typeof value === 'string' && value.startsWith('s3://'),
  );
}

function literalsOf(binding: Binding): unknown[] {
  if ('literal' in binding) return [binding.literal];
  if ('list' in binding) return binding.list.flatMap(literalsOf);
  return 'map' in binding ? Object.values(binding.map).flatMap(literalsOf) : [];
}

function unknownIn({ name, interface: { inputs } }: WorkflowGraph): string[] {
  return Object.entries(inputs)
    .filter(([, input]) => input.type === 'uri' && input.default === undefined)
    .map(
      ([input]) =>
        `Input '${input}' of workflow '${name}' is given when it runs: name its bucket with --bucket.`,
    );
}

function writesOf(task: JobTask): string[] {
  if (task.type === 'endpoint') return [];
  const own =
    task.type === 'processing'
      ? Object.values(task.outputs).map(({ s3Uri }) => s3Uri)
      : [task.s3OutputPath, task.type === 'training' ? task.checkpoint?.s3Uri : undefined];
  return own.filter((uri): uri is string => uri?.startsWith('s3://') ?? false);
}

const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/;

function imageOf(task: JobTask, region: string): EcrImage[] {
  const { image, framework, frameworkVersion: version, instanceType } = task;
  const use = task.type === 'batch_transform' || task.type === 'endpoint' ? 'inference' : 'training';
  const uri = image ?? (framework && frameworkImageUri({ framework, version, instanceType, region, use }));
  const [, account = '', at = '', repository = ''] = ECR.exec(uri ?? '') ?? [];
  return account === '' ? [] : [{ account, region: at, repository }];
}
