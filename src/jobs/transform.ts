import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import type { JobLife, JobOutcome } from './job-life.ts';
import type { ModelService } from './models.ts';

export async function runTransform(
  _life: JobLife<CreateTransformJobRequest>,
  _models: ModelService,
): Promise<JobOutcome> {
  throw new Error('not yet');
}
