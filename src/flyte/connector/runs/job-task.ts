import { baseName } from '../../../contract/names.ts';
import { SluiceError } from '../../../core/errors.ts';
import { describeValue } from '../../../core/json-problem.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { Literal } from '../messages.ts';
import { nameInputs } from './named-inputs.ts';

/** A task of a graph while its parts are put together; whoever reads the graph checks it. */
export type JobDraft = Readonly<Record<string, Json>>;

/** A job, and the values that it is given. */
export interface PlannedJob {
  readonly task: JobDraft;
  readonly inputs: Readonly<Record<string, Json>>;
}

/** What holds for a job of any type that does not say otherwise: as the SDKs have it. */
export const COMMON = { instanceCount: 1, volumeSizeInGB: 30, environment: {}, maxRuntimeInSeconds: 86_400 };

/**
 * The job of a task. What `custom.task` does not say gets the defaults of the SDKs; where it does not declare its inputs,
 * they follow from those of the Flyte task: places of data are channels, values are hyperparameters or parameters.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function planJob(
  flyte: FlyteTask,
  type: 'training' | 'processing' | 'batch_transform' | 'endpoint',
): PlannedJob {
  const own = ownTask(flyte, type);
  const given = withoutNone(flyte.inputs);
  const draft: JobDraft = {
    ...COMMON,
    ...(flyte.interruptible && { spot: true }),
    ...own,
    type,
    name: baseName(typeof own['name'] === 'string' ? own['name'] : (flyte.name.split('.').at(-1) ?? type)),
  };
  if (own['interface'] !== undefined)
    return { task: PARTS[type](draft, flyte, {}).task, inputs: nameInputs(flyte, given) };
  return PARTS[type](draft, flyte, given);
}

function ownTask({ type: flyteType, custom }: FlyteTask, type: string): JobDraft {
  const { task } = custom;
  if (!isRecord(task))
    throw new SluiceError(
      'InvalidArgument',
      `custom.task: expected the ${type} task, got ${describeValue(task)}.`,
      {
        hint: `A task of type ${flyteType} says what it runs: custom: { task: { instanceType: 'ml.m5.large', … } }.`,
      },
    );
  if (task['type'] !== undefined && task['type'] !== type)
    throw new SluiceError(
      'InvalidArgument',
      `custom.task.type: expected '${type}', got ${describeValue(task['type'])}.`,
      { hint: `A task of type ${flyteType} is a ${type} job.` },
    );
  return task;
}

type Part = (draft: JobDraft, flyte: FlyteTask, given: Readonly<Record<string, Json>>) => PlannedJob;

const PARTS: Readonly<Record<'training' | 'processing' | 'batch_transform' | 'endpoint', Part>> = {
  training(draft, flyte, given) {
    const { data, values } = divide(flyte, given, recordOf(draft['channels']));
    const channels = { ...mapKeys(data, () => ({})), ...recordOf(draft['channels']) };
    const { hyperparameters: own, ...others } = values;
    const hyperparameters = { ...recordOf(own), ...others };
    return {
      task: {
        hyperparameters: {},
        metricDefinitions: [],
        enableManagedSpotTraining: false,
        interface: {
          inputs: {
            ...mapKeys(channels, () => ({ type: 'uri' })),
            hyperparameters: { type: 'json', required: false },
          },
          outputs: {
            model: { type: 'uri' },
            output: { type: 'uri' },
            metrics: { type: 'json' },
            ...mapKeys(recordOf(draft['propertyFiles']), () => ({ type: 'json' })),
          },
        },
        ...draft,
        channels,
      },
      inputs: { ...data, ...(Object.keys(hyperparameters).length > 0 && { hyperparameters }) },
    };
  },
  processing(draft, flyte, given) {
    const declared = recordOf(draft['inputs']);
    const outputs = mapKeys(recordOf(draft['outputs']), (name, value) => ({
      localPath: `/opt/ml/processing/output/${name}`,
      uploadMode: 'EndOfJob',
      ...recordOf(value),
    }));
    const { data, values } = divide(flyte, given, declared);
    const inputs = mapKeys({ ...data, ...declared }, (name) => ({
      localPath: `/opt/ml/processing/input/${name}`,
      inputMode: 'File',
      ...recordOf(declared[name]),
    }));
    const parameters = Object.keys(values);
    return {
      task: {
        propertyFiles: {},
        ...(parameters.length > 0 && { parameters }),
        interface: {
          inputs: {
            ...mapKeys(inputs, () => ({ type: 'uri' })),
            ...mapKeys(values, () => ({ type: 'json' })),
          },
          outputs: {
            ...mapKeys(outputs, () => ({ type: 'uri' })),
            ...mapKeys(recordOf(draft['propertyFiles']), () => ({ type: 'json' })),
          },
        },
        ...draft,
        inputs,
        outputs,
      },
      inputs: given,
    };
  },
  batch_transform: (draft, _, given) => ({
    task: {
      splitType: 'None',
      compressionType: 'None',
      assembleWith: 'None',
      interface: {
        inputs: {
          ...(draft['modelName'] === undefined && { model: { type: 'uri' } }),
          input: { type: 'uri' },
        },
        outputs: { output: { type: 'uri' } },
      },
      ...draft,
    },
    inputs: given,
  }),
  endpoint(draft, _, given) {
    const variants = draft['variants'] ?? { AllTraffic: { input: 'model' } };
    const inputs = Object.values(recordOf(variants)).map((each) => String(recordOf(each)['input']));
    return {
      task: {
        interface: {
          inputs: Object.fromEntries(inputs.map((name) => [name, { type: 'uri' }])),
          outputs: { endpointName: { type: 'string' }, url: { type: 'string' } },
        },
        ...draft,
        variants,
      },
      inputs: given,
    };
  },
};

/** Places of data, and values. What the task declares is a place whatever its type is with Flyte: `str` often is one. */
function divide(
  { literals }: FlyteTask,
  given: Readonly<Record<string, Json>>,
  declared: Readonly<Record<string, Json>>,
): { readonly data: Record<string, Json>; readonly values: Record<string, Json> } {
  const data: Record<string, Json> = {};
  const values: Record<string, Json> = {};
  for (const [name, value] of Object.entries(given)) {
    const isPlace = Object.hasOwn(declared, name) || isData(literals.literals?.[name]);
    (isPlace ? data : values)[name] = value;
  }
  return { data, values };
}

function isData(literal: Literal | undefined): boolean {
  const { blob, schema, structuredDataset, union } = literal?.scalar ?? {};
  return Boolean(blob ?? schema ?? structuredDataset) || (union?.value !== undefined && isData(union.value));
}

/** None stands for a value that is not given. */
function withoutNone(inputs: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== null));
}

function mapKeys(
  record: Readonly<Record<string, Json>>,
  map: (name: string, value: Json) => Json,
): Record<string, Json> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(name, value)]));
}

/** What is no object is an empty one. */
export function recordOf(value: Json | undefined): Readonly<Record<string, Json>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
