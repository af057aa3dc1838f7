import type {
  InstancePreference,
  ProcessingInstancePreference,
  ProcessingInstanceType,
  TrainingInstanceType,
  VpcConfig,
} from '@aws-sdk/client-sagemaker';
import type { JobTask } from '../../graph/index.ts';

/** The instances of a job: of one type, or of the first of several that there is room for; on spot of one. Pure. */
export function instanceTypes(task: JobTask): {
  InstanceType?: TrainingInstanceType & ProcessingInstanceType;
  InstancePreferences?: (InstancePreference & ProcessingInstancePreference)[];
} {
  const { instanceType, instancePreferences = [] } = task;
  const isSpot = task.type === 'training' && task.enableManagedSpotTraining;
  if (instancePreferences.length === 0 || isSpot) return { InstanceType: instanceType as never };
  const types = [instanceType, ...instancePreferences];
  return { InstancePreferences: types.map((type) => ({ InstanceType: type as never })) };
}

/** The key of the disks, where there is one. Pure. */
export function volumeKey({ volumeKmsKeyId }: JobTask): { VolumeKmsKeyId?: string } {
  return volumeKmsKeyId === undefined ? {} : { VolumeKmsKeyId: volumeKmsKeyId };
}

/** The key of what is written, where there is one. Pure. */
export function outputKey({ outputKmsKeyId }: JobTask): { KmsKeyId?: string } {
  return outputKmsKeyId === undefined ? {} : { KmsKeyId: outputKmsKeyId };
}

/** The network, where one is named. Pure. */
export function vpcConfig({ vpcConfig: vpc }: JobTask): VpcConfig | undefined {
  return vpc && { Subnets: [...vpc.subnets], SecurityGroupIds: [...vpc.securityGroupIds] };
}
