import type { VpcConfig } from '@aws-sdk/client-sagemaker';
import { NODE_IMAGE } from '../../contract/images.ts';
import type { Account } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { EndpointTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { resolveImage } from '../request/code.ts';
import type { EndpointSpec, ScalingSpec } from './endpoint-spec.ts';

/** What the spec of a task is made with. */
export interface TaskSpecOptions {
  readonly account: Account;
  /** Of models whose task names none. */
  readonly roleArn: string;
  /** Where the archive of the script lies. Absent: there is no script. */
  readonly codeUri?: string | undefined;
}

/** The name of a task's endpoint. */
export function endpointNameOf(task: EndpointTask): string {
  return task.endpointName ?? task.name;
}

/** The endpoint that a call of a task asks for. Pure. @throws SluiceError `InvalidArgument` */
export function taskSpec(
  task: EndpointTask,
  { inputs }: Pick<TaskInvocation, 'inputs'>,
  { account, roleArn, codeUri }: TaskSpecOptions,
): EndpointSpec {
  const code: Record<string, string> =
    task.script && codeUri !== undefined
      ? {
          SAGEMAKER_PROGRAM: task.script.entry,
          SAGEMAKER_SUBMIT_DIRECTORY: codeUri,
          SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
          SAGEMAKER_REGION: account.region,
        }
      : {};
  const variants = Object.entries(task.variants).map(([name, own]) => ({
    name,
    weight: own.weight,
    instanceType: own.instanceType ?? task.instanceType,
    instanceCount: own.instanceCount ?? task.instanceCount,
    scaling: scalingOf(task),
    model: {
      image: own.image ?? imageOf(task, account, roleArn),
      dataUrl: modelOf(task, inputs, own.input),
      mode: task.mode,
      environment: { ...code, ...task.environment, ...own.environment },
      roleArn: task.role ?? roleArn,
      ...(task.vpcConfig && { vpc: vpcOf(task.vpcConfig) }),
    },
  }));
  return { name: endpointNameOf(task), variants, tags: task.tags, kmsKeyId: task.volumeKmsKeyId };
}

function vpcOf({ subnets, securityGroupIds }: NonNullable<EndpointTask['vpcConfig']>): VpcConfig {
  return { Subnets: [...subnets], SecurityGroupIds: [...securityGroupIds] };
}

/** A model brings its code along where the task names neither script nor image. */
function imageOf(task: EndpointTask, account: Account, roleArn: string): string {
  const isNamed = task.image !== undefined || task.framework !== undefined || task.script !== undefined;
  return isNamed ? resolveImage(task, { account, roleArn }) : NODE_IMAGE;
}

function scalingOf({ scaling }: EndpointTask): ScalingSpec | undefined {
  return (
    scaling && {
      min: scaling.minInstanceCount,
      max: scaling.maxInstanceCount,
      invocationsPerInstance: scaling.invocationsPerInstance,
      scaleOutCooldown: scaling.scaleOutCooldownInSeconds,
      scaleInCooldown: scaling.scaleInCooldownInSeconds,
    }
  );
}

function modelOf(task: EndpointTask, inputs: TaskInvocation['inputs'], name: string): string {
  const value = inputs[name];
  if (typeof value === 'string') return value;
  throw new SluiceError('InvalidArgument', `Task '${task.name}' has no value for input '${name}'.`, {
    hint: `Pass ${name} in the call of the task.`,
  });
}
