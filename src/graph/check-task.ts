import { distributionHyperparameters } from '../contract/distribution.ts';
import { frameworkImageUri } from '../contract/framework-image-uri.ts';
import { parseFrameworkImage } from '../contract/framework-images.ts';
import { validateInstanceType } from '../contract/instance-types.ts';
import {
  MAX_CHANNELS,
  MAX_PROCESSING_INPUTS,
  MAX_PROCESSING_OUTPUTS,
  MAX_PROCESSING_RUNTIME_SECONDS,
  validateEnvironment,
  validateMetricDefinitions,
  validateProcessingLocalPath,
  validateSpotTimes,
  validateTransformLoad,
} from '../contract/limits.ts';
import { createMetricCapture } from '../contract/metrics.ts';
import { isName, NAME_RULE, validateChannelName } from '../contract/names.ts';
import { fieldThatNeedsPipe } from '../contract/rules.ts';
import { validateXgboostHyperparameters } from '../contract/xgboost-hyperparameters.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { describeValue } from '../core/json-problem.ts';
import { suggest } from '../core/suggest.ts';
import { checkDefaults } from './check-bindings.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkResources } from './check-resources.ts';
import { checkSpark } from './check-spark.ts';
import { place, type Report } from './problems.ts';
import type {
  BatchTransformTask,
  JobTask,
  PlacementFacts,
  ProcessingTask,
  Task,
  TrainingTask,
} from './types.ts';

/** What a training job leaves as archives. */
const ARCHIVES = ['model', 'output'];
const TRAINING_OUTPUTS = [...ARCHIVES, 'metrics'];

/** Checks one task by itself: its name, SageMaker's limits, and that its parts fit each other. */
export function checkTask(key: string, task: Task, report: Report): void {
  const subject = `Task '${key}'${place(task)}`;
  const mine: Report = (problem) => report(`${subject}: ${problem}`);
  if (task.name !== key) mine(`it is called '${task.name}' itself; both names must be the same.`);
  if (!isName(task.name)) mine(`its name: ${NAME_RULE}.`);
  checkDefaults(subject, task.interface, report);
  if (task.type !== 'function') checkJob(task, mine);
}

/** Checks a job by itself: SageMaker's limits, and that its parts fit each other. */
export function checkJob(task: JobTask, report: Report): void {
  attempt(report, () => validateInstanceType(task.instanceType));
  if (!Number.isInteger(task.instanceCount) || task.instanceCount < 1) {
    report(`instanceCount: expected a whole number from 1, got ${task.instanceCount}.`);
  }
  attempt(report, () => validateEnvironment(task.environment));
  checkFacts(task, report);
  checkResources(task, report);
  checkFramework(task, report);
  checkSpark(task, report);
  if (task.type === 'training') checkTraining(task, report);
  else if (task.type === 'processing') checkProcessing(task, report);
  else if (task.type === 'endpoint') checkEndpoint(task, report);
  else checkTransform(task, report);
}

/** The least that a fact may be, and whether it is a count. */
const LEAST_FACTS = {
  expectedDurationInSeconds: { above: 0 },
  dataSizeInBytes: { from: 0 },
  imageSizeInBytes: { from: 0 },
  gpuCount: { from: 0, whole: true },
  maxLatencyInMilliseconds: { above: 0 },
  deadlineInSeconds: { above: 0 },
  maxCostInUSD: { from: 0 },
} satisfies Readonly<
  Partial<Record<keyof PlacementFacts, { from?: number; above?: number; whole?: boolean }>>
> as Readonly<Record<string, { from?: number; above?: number; whole?: boolean }>>;

function checkFacts(task: JobTask, report: Report): void {
  for (const [name, { from, above, whole = false }] of Object.entries(LEAST_FACTS)) {
    const value: unknown = task[name as keyof JobTask];
    if (value === undefined) continue;
    const isNumber = typeof value === 'number' && Number.isFinite(value);
    const isLargeEnough = isNumber && (above === undefined ? value >= (from ?? 0) : value > above);
    if (isLargeEnough && (!whole || Number.isInteger(value))) continue;
    const bound = above === undefined ? `from ${from}` : `above ${above}`;
    report(`${name}: expected a ${whole ? 'whole ' : ''}number ${bound}, got ${describeValue(value)}.`);
  }
  if (task.spot !== undefined && typeof task.spot !== 'boolean')
    report(`spot: expected true or false, got ${describeValue(task.spot)}.`);
}

function checkFramework(task: JobTask, report: Report): void {
  const { framework, frameworkVersion: version, instanceType } = task;
  if (framework === undefined) {
    if (version !== undefined) report(`frameworkVersion: '${version}' is of no framework; name one.`);
    return;
  }
  attempt(report, () => frameworkImageUri({ framework, version, instanceType, region: 'us-east-1' }));
}

function checkTraining(task: TrainingTask, report: Report): void {
  needsSomethingToRun(task, report);
  const channels = Object.entries(task.channels);
  expectAtMost(report, 'channels', channels.length, MAX_CHANNELS);
  for (const [name, channel] of channels) {
    attempt(report, () => validateChannelName(name));
    const pipeOnly = fieldThatNeedsPipe(channel);
    if (pipeOnly) {
      report(`channel '${name}': ${pipeOnly} '${channel[pipeOnly]}' needs inputMode 'Pipe'.`);
    }
  }
  if ('hyperparameters' in task.channels) {
    report(
      "channel 'hyperparameters': this name is taken by the task's input of the same name; choose another one.",
    );
  }
  if (isXgboostAlgorithm(task)) {
    attempt(report, () => validateXgboostHyperparameters(Object.keys(task.hyperparameters)));
  }
  checkPropertyFiles(task.propertyFiles ?? {}, ARCHIVES, TRAINING_OUTPUTS, report);
  attempt(report, () => distributionHyperparameters(task.distribution));
  if (task.distribution && !task.script) report('distribution: it needs a script to start.');
  attempt(report, () => validateMetricDefinitions(task.metricDefinitions));
  // Its expressions compile, or it throws.
  attempt(report, () => void createMetricCapture(task.metricDefinitions));
  attempt(report, () =>
    validateSpotTimes(task.enableManagedSpotTraining, task.maxRuntimeInSeconds, task.maxWaitTimeInSeconds),
  );
}

/** Whether SageMaker's own algorithm is meant: its image without a script. */
function isXgboostAlgorithm({ script, command, image, framework, algorithm }: TrainingTask): boolean {
  if (script || command) return false;
  if (algorithm === 'xgboost') return true;
  return framework?.toLowerCase() === 'xgboost' || parseFrameworkImage(image)?.framework === 'xgboost';
}

function checkProcessing(task: ProcessingTask, report: Report): void {
  needsSomethingToRun(task, report);
  // A script travels as one more input.
  const inputs = Object.keys(task.inputs).length + (task.script ? 1 : 0);
  expectAtMost(
    report,
    task.script ? "inputs (with the script's own)" : 'inputs',
    inputs,
    MAX_PROCESSING_INPUTS,
  );
  expectAtMost(report, 'outputs', Object.keys(task.outputs).length, MAX_PROCESSING_OUTPUTS);
  if (task.maxRuntimeInSeconds > MAX_PROCESSING_RUNTIME_SECONDS) {
    report(
      `maxRuntimeInSeconds: expected at most ${MAX_PROCESSING_RUNTIME_SECONDS}, got ${task.maxRuntimeInSeconds}.`,
    );
  }
  if (task.script && 'code' in task.inputs) {
    report("input 'code': this name is taken by the task's script; choose another one.");
  }
  checkProcessingPaths(task, report);
  checkPropertyFiles(task.propertyFiles, Object.keys(task.outputs), Object.keys(task.outputs), report);
  checkParameters(task, report);
}

/** @param taken names of outputs that are something else */
function checkPropertyFiles(
  files: ProcessingTask['propertyFiles'],
  outputs: readonly string[],
  taken: readonly string[],
  report: Report,
): void {
  for (const [name, { outputName }] of Object.entries(files)) {
    if (!outputs.includes(outputName)) {
      report(`propertyFiles.${name}: there is no output '${outputName}'. ${suggest(outputName, outputs)}`);
    }
    if (taken.includes(name))
      report(`propertyFiles.${name}: an output has this name already; choose another one.`);
  }
}

function checkParameters({ parameters = [], inputs, interface: own }: ProcessingTask, report: Report): void {
  for (const name of parameters) {
    if (Object.hasOwn(inputs, name))
      report(`parameters: '${name}' is an input with data already; choose another name.`);
    else if (!Object.hasOwn(own.inputs, name))
      report(`parameters: the task has no input '${name}'. ${suggest(name, Object.keys(own.inputs))}`);
  }
}

function checkProcessingPaths(task: ProcessingTask, report: Report): void {
  const paths = new Map<string, string>();
  for (const kind of ['inputs', 'outputs'] as const) {
    for (const [name, { localPath }] of Object.entries(task[kind])) {
      const field = `${kind}.${name}`;
      attempt(report, () => validateProcessingLocalPath(localPath, field));
      const other = paths.get(localPath);
      if (other) report(`${field}.LocalPath: '${localPath}' is that of ${other} too.`);
      paths.set(localPath, field);
    }
  }
}

function checkTransform(task: BatchTransformTask, report: Report): void {
  if (!task.modelName) needsSomethingToRun(task, report);
  attempt(report, () => validateTransformLoad(task.maxPayloadInMB, task.maxConcurrentTransforms));
}

function needsSomethingToRun(task: JobTask, report: Report): void {
  if ('algorithm' in task && task.algorithm !== undefined) return;
  if (task.script || task.image || task.framework || (task.command && task.command.length > 0)) return;
  report('it has nothing to run: give a script, a command, a framework or an image.');
}

function expectAtMost(report: Report, field: string, actual: number, maximum: number): void {
  if (actual > maximum) report(`${field}: expected at most ${maximum}, got ${actual}.`);
}

function attempt(report: Report, validate: () => void): void {
  try {
    validate();
  } catch (error) {
    const hint = error instanceof SluiceError && error.hint ? ` ${error.hint}` : '';
    report(`${errorMessage(error)}${hint}`);
  }
}
