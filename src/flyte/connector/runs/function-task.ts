/**
 * Functions of flytekit as jobs: the command that Flyte has rendered, `pyflyte-execute …`, is the ContainerEntrypoint in
 * the task's own image. What it reads and writes lies in the job's store: Flyte's own need not be reached from the job.
 *
 * @see https://github.com/flyteorg/flytekit/blob/v1.16.31/flytekit/bin/entrypoint.py what it takes and leaves
 */
import { baseName } from '../../../contract/names.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import { COMMON, type JobDraft, recordOf } from './job-task.ts';

/** The job's output that the function's own outputs lie in. */
export const FUNCTION_OUTPUT = 'flyte';

/** Where a function reads its inputs and leaves its outputs, by the type of its job. */
const PLACES = {
  processing: { inputs: '/opt/ml/processing/input/flyte', outputs: '/opt/ml/processing/output/flyte' },
  // What lies there is put to the store as it is.
  training: { inputs: '/opt/ml/input/data/flyte', outputs: '/opt/ml/checkpoints' },
} as const;

/** What names something to run in `custom.task`, in place of the container. */
const PROGRAMS = ['script', 'command', 'image', 'framework', 'algorithm', 'modelName'];

/** Whether a task runs the container of its template: it says nothing else to run. */
export function runsContainer({ container, custom }: FlyteTask): boolean {
  const own = recordOf(custom['task']);
  return (
    Boolean(container?.image && container.args?.length) && !PROGRAMS.some((name) => own[name] !== undefined)
  );
}

/** The job of a function, and the prefix of its inputs. @param store a prefix of its run's own, without trailing slash */
export function planFunction(
  flyte: FlyteTask,
  type: 'processing' | 'training',
  store: string,
): { readonly task: JobDraft; readonly inputs: Readonly<Record<string, Json>> } {
  const own = recordOf(flyte.custom['task']);
  const { image = '', command = [], args = [], env = [] } = flyte.container ?? {};
  const [program = '', ...others] = renderedFor([...command, ...args], PLACES[type], store);
  const variables = env.map(({ key = '', value = '' }) => [key, value] as const);
  const uri = { type: 'uri' };
  return {
    task: {
      ...COMMON,
      ...(flyte.interruptible && { spot: true }),
      ...own,
      type,
      name: baseName(flyte.name.split('.').at(-1) ?? type),
      image,
      command: [program],
      arguments: others,
      environment: {
        ...Object.fromEntries(variables),
        ...flyte.environment,
        ...recordOf(own['environment']),
      },
      ...(type === 'processing'
        ? processingParts(PLACES.processing)
        : trainingParts(own, PLACES.training, store)),
      interface: {
        inputs: { [FUNCTION_OUTPUT]: uri },
        outputs:
          type === 'processing' ? { [FUNCTION_OUTPUT]: uri } : { model: uri, metrics: { type: 'json' } },
      },
    },
    inputs: { [FUNCTION_OUTPUT]: `${store}/in/` },
  };
}

function processingParts({ inputs, outputs }: (typeof PLACES)['processing']): JobDraft {
  return {
    inputs: { [FUNCTION_OUTPUT]: { localPath: inputs, inputMode: 'File' } },
    outputs: { [FUNCTION_OUTPUT]: { localPath: outputs, uploadMode: 'EndOfJob' } },
    propertyFiles: {},
  };
}

function trainingParts(own: JobDraft, { outputs }: (typeof PLACES)['training'], store: string): JobDraft {
  return {
    hyperparameters: {},
    metricDefinitions: own['metricDefinitions'] ?? [],
    enableManagedSpotTraining: own['enableManagedSpotTraining'] ?? false,
    channels: { [FUNCTION_OUTPUT]: {} },
    checkpoint: { localPath: outputs, s3Uri: `${store}/out` },
  };
}

/**
 * The command of a function with the places of Flyte's store as places of the job's. Pure.
 *
 * @param places where it reads its inputs, and leaves its outputs
 * @param store for what is larger, without trailing slash
 */
export function renderedFor(
  args: readonly string[],
  places: { readonly inputs: string; readonly outputs: string },
  store: string,
): string[] {
  const values: Readonly<Record<string, string>> = {
    '--inputs': `${places.inputs}/inputs.pb`,
    '--output-prefix': places.outputs,
    '--raw-output-data-prefix': `${store}/raw`,
    '--checkpoint-path': `${store}/checkpoints`,
  };
  const rendered: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    const value = Object.hasOwn(values, arg) ? values[arg] : undefined;
    if (value !== undefined) {
      rendered.push(arg, value);
      at++;
    } else if (arg === '--prev-checkpoint' && /^(?:"")?$/.test(args[at + 1] ?? '')) {
      // Propeller renders one that is not there as two quotation marks.
      at++;
    } else rendered.push(arg);
  }
  return rendered;
}
