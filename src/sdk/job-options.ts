import { basename, dirname, resolve } from 'node:path';
import { DEFAULT_MAX_RUNTIME_SECONDS } from '../contract/rules.ts';
import type { JobCommon, PlacementFacts, ScriptSource } from '../graph/index.ts';
import { type CallSite, formatCallSite } from './call-site.ts';
import { expectOptions } from './expect-options.ts';

/** One day, SageMaker's own default. */

/** What all job tasks may say. Names are SageMaker's, in camelCase. */
export interface JobOptions extends PlacementFacts {
  /** The file to run, relative to `sourceDir`, or without one to the file that defines the task; then it is sent alone. */
  readonly script?: string;
  /** A directory that is sent whole, relative to the file that defines the task. */
  readonly sourceDir?: string;
  /** Full image name. @default from `framework`, else from the kind of script */
  readonly image?: string;
  /** `scikit-learn`, `xgboost`, `pytorch`, `tensorflow`, `huggingface-pytorch`, …: the image is SageMaker's for it. */
  readonly framework?: string;
  /** As SageMaker's image has it: `1.4-2`, `2.8.0`. @default the newest */
  readonly frameworkVersion?: string;
  /** ContainerEntrypoint, where there is no script. */
  readonly command?: readonly string[];
  /** ContainerArguments: of a training script, after its hyperparameters. */
  readonly arguments?: readonly string[];
  /** `ml.m5.xlarge`, … @default 'local': what the platform's settings have, here this machine */
  readonly instanceType?: string;
  /** `auto`: as many as the size of the data and the deadline ask for, on SageMaker; here one. @default 1 */
  readonly instanceCount?: number | 'auto';
  /** @default 30 */
  readonly volumeSizeInGB?: number;
  /** @default {} */
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds until SIGTERM. @default 86400 */
  readonly maxRuntimeInSeconds?: number;
  /** Where it runs: `local`, `sagemaker`, …, or `auto`: the router chooses. @default 'auto'; where `local` alone is enabled that is `local` */
  readonly platform?: string;
  /** Further attempts after a failure that is the script's. @default 0 */
  readonly retries?: number;
  /** Of one attempt, seconds; none by default. */
  readonly timeoutSeconds?: number;
  /** ARN of the execution role, on platforms that need one. */
  readonly role?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Further instance types, in order, where SageMaker has no room for `instanceType`; not of an endpoint. */
  readonly instancePreferences?: readonly string[];
  /** The network that SageMaker runs the job in; one subnet for each zone that it may use. */
  readonly vpcConfig?: { readonly subnets: readonly string[]; readonly securityGroupIds: readonly string[] };
  /** The KMS key of the instances' disks, on SageMaker. */
  readonly volumeKmsKeyId?: string;
  /** The KMS key of what the job writes to S3, on SageMaker. */
  readonly outputKmsKeyId?: string;
}

/**
 * The part of a job task that all types share, but for its type and interface.
 *
 * @param own - The names of the options that its type alone has
 * @param others - Files that are sent with the script, as paths in its directory
 * @throws SluiceError `GraphInvalid` for an option that nobody knows
 */
export function jobCommon(
  name: string,
  options: JobOptions,
  site: CallSite,
  own: readonly string[],
  others: readonly string[] = [],
): Omit<JobCommon, 'interface'> {
  expectOptions(taskPlace(name, site), options, [...jobOptionNames, ...own]);
  const script = scriptSource(options, site.directory, others);
  return {
    name,
    file: formatCallSite(site),
    instanceType: options.instanceType ?? 'local',
    ...instanceCount(options),
    volumeSizeInGB: options.volumeSizeInGB ?? 30,
    environment: { ...options.environment },
    maxRuntimeInSeconds: options.maxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS,
    ...(script && { script }),
    ...given(options),
  };
}

function instanceCount({
  instanceCount: count = 1,
}: JobOptions): Pick<JobCommon, 'instanceCount' | 'autoInstanceCount'> {
  return count === 'auto' ? { instanceCount: 1, autoInstanceCount: true } : { instanceCount: count };
}

/** The names of all options of {@link JobOptions}; the compiler finds one that is missing here. */
const jobOptionNames = Object.keys({
  script: 0,
  sourceDir: 0,
  image: 0,
  framework: 0,
  frameworkVersion: 0,
  command: 0,
  arguments: 0,
  instanceType: 0,
  instanceCount: 0,
  volumeSizeInGB: 0,
  environment: 0,
  maxRuntimeInSeconds: 0,
  platform: 0,
  retries: 0,
  timeoutSeconds: 0,
  role: 0,
  tags: 0,
  instancePreferences: 0,
  vpcConfig: 0,
  volumeKmsKeyId: 0,
  outputKmsKeyId: 0,
  expectedDurationInSeconds: 0,
  dataSizeInBytes: 0,
  imageSizeInBytes: 0,
  gpuCount: 0,
  maxLatencyInMilliseconds: 0,
  deadlineInSeconds: 0,
  maxCostInUSD: 0,
  spot: 0,
} satisfies Record<keyof JobOptions, 0>);

const optionalFields = [
  'platform',
  'image',
  'framework',
  'frameworkVersion',
  'command',
  'arguments',
  'role',
  'tags',
  'instancePreferences',
  'vpcConfig',
  'volumeKmsKeyId',
  'outputKmsKeyId',
  'retries',
  'timeoutSeconds',
  'expectedDurationInSeconds',
  'dataSizeInBytes',
  'imageSizeInBytes',
  'gpuCount',
  'maxLatencyInMilliseconds',
  'deadlineInSeconds',
  'maxCostInUSD',
  'spot',
] as const;

/** A task and where it is defined, for messages. */
export function taskPlace(name: string, site: CallSite): string {
  return `Task '${name}' (${formatCallSite(site)})`;
}

function given(options: JobOptions): Partial<JobCommon> {
  return pick(options, optionalFields);
}

/** The fields that have a value. */
export function pick<From extends object, Field extends keyof From>(
  from: From,
  fields: readonly Field[],
): { [Key in Field]?: Exclude<From[Key], undefined> } {
  const entries = fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]);
  return Object.fromEntries(entries) as { [Key in Field]?: Exclude<From[Key], undefined> };
}

function scriptSource(
  { script, sourceDir }: JobOptions,
  base: string,
  others: readonly string[],
): ScriptSource | undefined {
  if (script === undefined) return undefined;
  if (sourceDir !== undefined) return { entry: script, directory: resolve(base, sourceDir), whole: true };
  const file = resolve(base, script);
  const directory = dirname(file);
  return { entry: basename(file), directory, whole: false, ...(others.length > 0 && { others }) };
}
