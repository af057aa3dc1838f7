import { parseFrameworkImage } from '../../contract/framework-images.ts';
import { findInstanceType } from '../../contract/instance-types.ts';
import type { EndpointTask, JobTask } from '../../graph/index.ts';
import { chooseInstanceCount } from '../instance-count.ts';
import { scriptWithoutImage } from '../sagemaker/choose-image.ts';

/** How long a job is taken to run where neither its author nor an earlier run says. Seconds. */
export const DEFAULT_DURATION_SECONDS = 3600;

/** What is known of one call of a task: all that the choice of its platform depends on. Plain JSON. */
export interface TaskFacts {
  readonly task: string;
  readonly jobType: string;
  /** The program of Node that it runs, where it names no image to run it in. */
  readonly nodeProgram?: string;
  /** `scikit-learn`, `spark`, … */
  readonly framework?: string;
  /** As the task names it: `ml.m5.xlarge`. */
  readonly instanceType: string;
  /** Further types, in order, where there is no room for the first. */
  readonly instancePreferences?: readonly string[];
  readonly instanceCount: number;
  /** Where the platform can tell how many there are to be: so many. */
  readonly autoCount?: number;
  /** Of the job alone, without start-up. Seconds. */
  readonly durationSeconds: number;
  readonly durationFrom: 'given' | 'history' | 'default';
  /** What nine of ten earlier runs took at most. Seconds. @default unknown */
  readonly slowSeconds?: number;
  /** What it took on a platform before, seconds, where that is known. @default durationSeconds everywhere */
  readonly secondsOn?: Readonly<Record<string, number>>;
  /** Of all that the job reads. Absent: unknown. */
  readonly dataSizeBytes?: number;
  readonly dataSizeFrom: 'given' | 'listed' | 'unknown';
  /** `s3`: in a store that other machines reach. `local`: on this machine. Absent: it reads nothing, or what another step makes. */
  readonly dataPlace?: 'local' | 's3';
  /** Absent: unknown. */
  readonly imageSizeBytes?: number;
  /** Of one instance. */
  readonly gpuCount: number;
  /** `instance`: what the instance type has. */
  readonly gpuCountFrom: 'given' | 'instance';
  readonly maxLatencyMs?: number;
  /** What an endpoint needs beyond one model on servers that are always as many: `auto-scaling`. @default nothing */
  readonly endpointNeeds?: readonly string[];
  /** Whether the job may be interrupted and begun again. Absent: its author does not say. */
  readonly spot?: boolean;
  /** From its start to its end, start-up of the platform included. Seconds. */
  readonly deadlineSeconds?: number;
  /** What it may cost at most, US dollars. */
  readonly maxCostInUSD?: number;
}

/** What is known of a task beside what it says itself. */
export interface KnownOfTask {
  /** What earlier runs of it took. */
  readonly history?:
    | {
        readonly seconds: number;
        readonly slowSeconds: number;
        readonly on: Readonly<Record<string, number>>;
      }
    | undefined;
  /** What its data was found to have. Bytes. */
  readonly listedBytes?: number | undefined;
  readonly dataPlace?: 'local' | 's3' | undefined;
}

/** What is known of a task: what its author says, else what earlier runs took, else stated defaults. Pure. */
export function factsOf(task: JobTask, known: KnownOfTask = {}): TaskFacts {
  const { history, listedBytes, dataPlace } = known;
  const given = task.dataSizeInBytes;
  const dataSizeBytes = given ?? listedBytes;
  const framework = frameworkOf(task);
  const spot = spotOf(task);
  const autoCount = chooseInstanceCount(task, dataSizeBytes);
  const program = scriptWithoutImage(task);
  return {
    task: task.name,
    jobType: task.type,
    ...(framework !== undefined && { framework }),
    ...(program?.kind === 'node' && program.program !== undefined && { nodeProgram: program.program }),
    instanceType: task.instanceType,
    ...(task.instancePreferences?.length && { instancePreferences: task.instancePreferences }),
    instanceCount: task.instanceCount,
    ...durationOf(task, history),
    ...(autoCount !== undefined && { autoCount }),
    ...(dataSizeBytes !== undefined && { dataSizeBytes }),
    dataSizeFrom: given !== undefined ? 'given' : listedBytes !== undefined ? 'listed' : 'unknown',
    ...(dataPlace && { dataPlace }),
    ...(task.imageSizeInBytes !== undefined && { imageSizeBytes: task.imageSizeInBytes }),
    gpuCount: task.gpuCount ?? findInstanceType(task.instanceType)?.gpus ?? 0,
    gpuCountFrom: task.gpuCount === undefined ? 'instance' : 'given',
    ...(task.maxLatencyInMilliseconds !== undefined && { maxLatencyMs: task.maxLatencyInMilliseconds }),
    ...(task.type === 'endpoint' && { endpointNeeds: endpointNeeds(task) }),
    ...(spot !== undefined && { spot }),
    ...(task.deadlineInSeconds !== undefined && { deadlineSeconds: task.deadlineInSeconds }),
    ...(task.maxCostInUSD !== undefined && { maxCostInUSD: task.maxCostInUSD }),
  };
}

type Duration = Pick<TaskFacts, 'durationSeconds' | 'durationFrom' | 'slowSeconds' | 'secondsOn'>;

function durationOf(task: JobTask, history: KnownOfTask['history']): Duration {
  if (task.expectedDurationInSeconds !== undefined)
    return { durationSeconds: task.expectedDurationInSeconds, durationFrom: 'given' };
  if (!history) return { durationSeconds: DEFAULT_DURATION_SECONDS, durationFrom: 'default' };
  const { seconds, slowSeconds, on } = history;
  return { durationSeconds: seconds, durationFrom: 'history', slowSeconds, secondsOn: on };
}

/** Spark by the task's own settings; else by name, else by the image. */
function frameworkOf(task: JobTask): string | undefined {
  if ('spark' in task && task.spark !== undefined) return 'spark';
  const name = task.framework?.toLowerCase();
  if (name !== undefined) return name === 'sklearn' ? 'scikit-learn' : name;
  if (task.image?.includes('sagemaker-spark-processing')) return 'spark';
  return parseFrameworkImage(task.image)?.framework;
}

function endpointNeeds({ variants, mode, scaling }: EndpointTask): string[] {
  return [
    ...(Object.keys(variants).length > 1 ? ['several variants'] : []),
    ...(mode === 'MultiModel' ? ['many models in one server'] : []),
    ...(scaling ? ['auto-scaling'] : []),
  ];
}

function spotOf(task: JobTask): boolean | undefined {
  // SageMaker keeps no spot machines warm.
  if (task.type === 'training' && task.keepAlivePeriodInSeconds) return false;
  if (task.spot !== undefined) return task.spot;
  return task.type === 'training' && task.enableManagedSpotTraining ? true : undefined;
}
