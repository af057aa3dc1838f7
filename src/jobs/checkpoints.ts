import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { JobHost } from './job-host.ts';
import type { JobLife } from './job-life.ts';

export async function startCheckpoints(_life: JobLife<CreateTrainingJobRequest>, _hosts: readonly JobHost[]) {
  return { close: async () => undefined };
}
