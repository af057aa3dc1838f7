import { lacksInstanceType } from '../../contract/instance-types-of-jobs.ts';
import { SAGEMAKER_DEFAULTS } from '../../core/platforms-defaults.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import { isAwsEndpoint } from '../aws/is-aws-endpoint.ts';
import type { TaskFacts } from './facts.ts';
import type { PlatformName } from './platform-names.ts';

/** What the settings of a platform lack for a task, so that it would be refused there; undefined: nothing. Pure. */
export function notReady(
  platform: PlatformName,
  facts: TaskFacts,
  settings: PlatformsSettings,
): string | undefined {
  if (platform === 'sagemaker') return sagemakerLack(facts, settings);
  const { emr } = settings;
  if (platform !== 'emr' || !emr || emr.applicationId !== undefined || emr.clusterId !== undefined)
    return undefined;
  return 'its settings name neither applicationId, of an EMR Serverless application, nor clusterId';
}

function sagemakerLack(
  { nodeProgram, jobType, instanceType }: TaskFacts,
  { sagemaker = {} }: PlatformsSettings,
): string | undefined {
  const isAws = isAwsEndpoint(sagemaker.endpoint);
  if (nodeProgram !== undefined && isAws && sagemaker.images?.node === undefined)
    return `SageMaker has no image with Node.js, in which '${nodeProgram}' could run: name one (image of the task, or platforms.sagemaker.images.node; docs/sagemaker.md has the Dockerfile)`;
  const type =
    instanceType === 'local'
      ? (sagemaker.defaultInstanceType ?? SAGEMAKER_DEFAULTS.defaultInstanceType)
      : instanceType;
  return lacksInstanceType(jobType, type);
}
