/**
 * What a configuration says of a task before it goes anywhere: defaults are filled in, and what the configuration does not
 * allow is refused. Every platform other than `local` hands its invocations through here, in `check` and in `submit`.
 *
 * By design: a graph keeps SageMaker's own defaults where its author said nothing, a day of run time and no spot, so that
 * these two count as not said. A task that says `spot: false` stays on demand.
 */

import { DEFAULT_MAX_RUNTIME_SECONDS } from '../../contract/rules.ts';
import { SluiceError } from '../../core/errors.ts';
import { describePlaceholder, findPlaceholders } from '../../core/placeholders.ts';
import { SAGEMAKER_DEFAULTS } from '../../core/platforms-defaults.ts';
import type {
  PlatformsSettings,
  SageMakerJobSettings,
  SageMakerSettings,
} from '../../core/platforms-settings.ts';
import type { BatchTransformTask, JobTask, TrainingTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';

/**
 * The task as it runs on this platform under its settings.
 *
 * @throws SluiceError `NotAllowed`, `ConfigInvalid` where the settings have something to be filled in
 */
export function applySettings<Task extends JobTask>(
  platform: keyof PlatformsSettings,
  task: Task,
  settings: PlatformsSettings[keyof PlatformsSettings] = {},
): Task {
  requireFilledIn(platform, settings);
  return platform === 'sagemaker' ? applySageMaker(task, settings) : task;
}

/** The task of a call, which runs no longer than the call allows. Pure. */
export function withinSeconds<Task extends JobTask>(task: Task, { mostSeconds }: TaskInvocation): Task {
  if (mostSeconds === undefined || mostSeconds >= task.maxRuntimeInSeconds) return task;
  return { ...task, maxRuntimeInSeconds: mostSeconds };
}

/** Where an invocation's outputs go under the settings: under `outputPath` of its type, else where the run says. */
export function outputUriUnder(
  { task, jobName, outputUri }: TaskInvocation,
  settings: SageMakerSettings,
): string | undefined {
  const path = settingsOf(task, settings)?.outputPath;
  return path === undefined ? outputUri : `${path.replace(/\/+$/, '')}/${jobName}`;
}

/** Settings that still have a placeholder are no settings. */
function requireFilledIn(platform: string, settings: object): void {
  const [first] = findPlaceholders(settings, ['platforms', platform]);
  if (!first) return;
  throw new SluiceError('ConfigInvalid', describePlaceholder(first.path.join('.'), first), {
    hint: 'Correct the file that sluice config show names.',
  });
}

function applySageMaker<Task extends JobTask>(task: Task, settings: SageMakerSettings): Task {
  const given: JobTask = {
    ...task,
    instanceType:
      task.instanceType === 'local'
        ? (settings.defaultInstanceType ?? SAGEMAKER_DEFAULTS.defaultInstanceType)
        : task.instanceType,
    ...(task.role === undefined && settings.executionRole !== undefined && { role: settings.executionRole }),
    maxRuntimeInSeconds: runtimeOf(task, settings.maxRuntimeSeconds),
    ...(task.vpcConfig === undefined && settings.vpc && { vpcConfig: settings.vpc }),
    ...keyOf('volumeKmsKeyId', task, settings),
    ...keyOf('outputKmsKeyId', task, settings),
  };
  requireInstanceType(given, settings);
  if (given.type === 'training') return withSpot(given, settings) as Task;
  if (given.type === 'batch_transform') return withTransformLimits(given, settings) as Task;
  if (given.type !== 'processing') return given as Task;
  const version = given.frameworkVersion ?? versionOf(given.framework, settings.processing?.frameworks);
  return { ...given, ...(version !== undefined && { frameworkVersion: version }) } as Task;
}

function keyOf(
  name: 'volumeKmsKeyId' | 'outputKmsKeyId',
  task: JobTask,
  settings: SageMakerSettings,
): Partial<Pick<JobTask, 'volumeKmsKeyId' | 'outputKmsKeyId'>> {
  const key = task[name] ?? settings[name];
  return key === undefined ? {} : { [name]: key };
}

function runtimeOf(task: JobTask, most: number | undefined): number {
  const { maxRuntimeInSeconds: asked } = task;
  if (most === undefined || asked <= most) return asked;
  if (asked === DEFAULT_MAX_RUNTIME_SECONDS) return most;
  throw notAllowed(task, 'maxRuntimeInSeconds', asked, `at most ${most}`, 'maxRuntimeSeconds');
}

function requireInstanceType(task: JobTask, settings: SageMakerSettings): void {
  const allowed = settingsOf(task, settings)?.instanceTypes ?? [];
  const types = [task.instanceType, ...(task.instancePreferences ?? [])];
  const refused = allowed.length > 0 ? types.find((type) => !allowed.includes(type)) : undefined;
  if (refused === undefined) return;
  throw notAllowed(
    task,
    refused === task.instanceType ? 'instanceType' : 'instancePreferences',
    refused,
    `one of ${allowed.join(', ')}`,
    `${task.type === 'endpoint' ? task.type : SECTIONS[task.type]}.instanceTypes`,
  );
}

function withSpot(task: TrainingTask, { enableSpotInstances = false }: SageMakerSettings): TrainingTask {
  if (task.instancePreferences?.length || task.keepAlivePeriodInSeconds) return task;
  const refuses = task.spot === false;
  if (!enableSpotInstances || task.enableManagedSpotTraining || refuses) return task;
  return {
    ...task,
    enableManagedSpotTraining: true,
    maxWaitTimeInSeconds: Math.max(task.maxWaitTimeInSeconds ?? 0, task.maxRuntimeInSeconds),
  };
}

function withTransformLimits(
  task: BatchTransformTask,
  { batchTransform = {} }: SageMakerSettings,
): BatchTransformTask {
  const { maxPayloadMB, maxConcurrentTransforms } = batchTransform;
  const {
    maxPayloadInMB: payload = maxPayloadMB,
    maxConcurrentTransforms: atOnce = maxConcurrentTransforms,
  } = task;
  if (maxPayloadMB !== undefined && payload !== undefined && payload > maxPayloadMB)
    throw notAllowed(
      task,
      'maxPayloadInMB',
      payload,
      `at most ${maxPayloadMB}`,
      'batchTransform.maxPayloadMB',
    );
  if (maxConcurrentTransforms !== undefined && atOnce !== undefined && atOnce > maxConcurrentTransforms)
    throw notAllowed(
      task,
      'maxConcurrentTransforms',
      atOnce,
      `at most ${maxConcurrentTransforms}`,
      'batchTransform.maxConcurrentTransforms',
    );
  return {
    ...task,
    ...(payload !== undefined && { maxPayloadInMB: payload }),
    ...(atOnce !== undefined && { maxConcurrentTransforms: atOnce }),
  };
}

/** `sklearn` and `scikit-learn` are one framework. */
function versionOf(
  framework: string | undefined,
  versions: Readonly<Record<string, string>> = {},
): string | undefined {
  if (framework === undefined) return undefined;
  return Object.entries(versions).find(([name]) => plainName(name) === plainName(framework))?.[1];
}

function plainName(framework: string): string {
  return framework === 'sklearn' ? 'scikit-learn' : framework;
}

const SECTIONS = {
  training: 'training',
  processing: 'processing',
  batch_transform: 'batchTransform',
} as const;

function settingsOf(task: JobTask, settings: SageMakerSettings): SageMakerJobSettings | undefined {
  return task.type === 'endpoint' ? undefined : settings[SECTIONS[task.type]];
}

function notAllowed(
  task: JobTask,
  option: string,
  came: string | number,
  expected: string,
  setting: string,
): SluiceError {
  const where = task.file === undefined ? '' : ` (${task.file})`;
  return new SluiceError(
    'NotAllowed',
    `Task '${task.name}'${where}: ${option}: the configuration allows ${expected} (platforms.sagemaker.${setting}); got '${came}'.`,
    { hint: 'Change the task, or the setting: sluice config show tells which file it is in.' },
  );
}
