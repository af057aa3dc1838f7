/**
 * flytekit's functions on AWS Batch: `AWSBatchConfig` as `task_config`, the task type `aws-batch` of a plugin of Propeller's
 * own.
 *
 * @see https://github.com/flyteorg/flyte/blob/v1.16.8/flyteplugins/go/tasks/plugins/array/awsbatch/transformer.go what that does
 *
 * By design: the queue is that of `platforms.batch`, and so are its priorities; `propagateTags` and `schedulingPriority` do
 * nothing, as with Propeller's plugin the latter does nothing either: SubmitJob has no such member.
 */
import { findInstanceType, instanceTypeNames } from '../../../contract/instance-types.ts';
import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { Container } from '../messages.ts';
import { recordOf } from '../runs/job-task.ts';
import type { PlannedRun } from '../runs/run-task-type.ts';
import { planContainer } from './sagemaker-function.ts';

/** The run of a function on the platform `batch`. Pure. @throws SluiceError `InvalidArgument` */
export function planBatchFunction(task: FlyteTask, store: string): PlannedRun {
  const { custom, container = {} } = task;
  if (/fargate/i.test(String(custom['platformCapabilities'] ?? '')))
    throw new SluiceError('InvalidArgument', "custom.platformCapabilities: expected 'EC2', got 'FARGATE'.", {
      hint: 'Jobs share a volume with the agent that brings their data, which Fargate does not give them.',
    });
  const args = (container.args ?? []).map((arg) => withParameters(arg, recordOf(custom['parameters'])));
  const tags = recordOf(custom['tags']);
  const own = {
    instanceType: smallestInstanceType(container),
    platform: 'batch',
    ...(Object.keys(tags).length > 0 && { tags }),
  };
  return planContainer({ ...task, container: { ...container, args } }, own, 'processing', store);
}

/** As Batch replaces them: `Ref::name`, where it is the whole of an argument. */
function withParameters(arg: string, parameters: Readonly<Record<string, Json>>): string {
  const name = /^Ref::(.+)$/.exec(arg)?.[1];
  return name !== undefined && Object.hasOwn(parameters, name) ? String(parameters[name]) : arg;
}

/**
 * The smallest instance type that has what a container asks for, which for Batch says how much its job gets. Pure.
 *
 * @throws SluiceError `InvalidArgument` where none has
 */
export function smallestInstanceType({ resources = {} }: Container): string {
  const asked = [...(resources.requests ?? []), ...(resources.limits ?? [])];
  const most = (name: string): number =>
    Math.max(0, ...asked.filter((each) => each.name === name).map(({ value = '' }) => quantity(value)));
  const [vcpus, memoryGiB, gpus] = [most('CPU'), most('MEMORY') / 2 ** 30, most('GPU')];
  const fitting = instanceTypeNames()
    .flatMap((name) => {
      const has = findInstanceType(name);
      return has && /^ml\.(?:m5|c5|r5|p3|p4d|g4dn|g5)\./.test(name) ? [{ name, ...has }] : [];
    })
    .filter((has) => has.vcpus >= vcpus && has.memoryGiB >= memoryGiB && has.gpus >= gpus)
    .toSorted((a, b) => a.gpus - b.gpus || a.vcpus - b.vcpus || a.memoryGiB - b.memoryGiB);
  if (fitting[0]) return fitting[0].name;
  throw new SluiceError(
    'InvalidArgument',
    `No instance type has ${vcpus} CPUs, ${memoryGiB} GiB and ${gpus} GPUs, which the task's container asks for.`,
    { hint: 'Ask for less in requests and limits of @task.' },
  );
}

const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `500m`, `8Gi`: what Kubernetes calls a quantity. */
function quantity(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+(?:e\d+)?)([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const value = Number(number) * (unit === '' ? 1 : (FACTORS[unit] ?? Number.NaN));
  if (number !== '' && Number.isFinite(value)) return value;
  throw new SluiceError(
    'InvalidArgument',
    `The task's container asks for '${text}': expected a quantity such as 500m, 2 or 8Gi.`,
  );
}
