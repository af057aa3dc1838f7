import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from '@aws-sdk/client-sagemaker';
import {
  describeProcessingJob,
  describeTrainingJob,
  describeTransformJob,
  type JobRecord,
} from '../../jobs/index.ts';
import type { JobStatus } from '../platform.ts';
import { processingStatus } from '../response/processing-status.ts';
import { trainingStatus } from '../response/training-status.ts';
import { transformStatus } from '../response/transform-status.ts';

/**
 * What a record says, in the shape that all platforms share: read from what Describe answers of it, and from what is
 * known here beyond that. Outputs of property files are not in it. Pure.
 */
export function recordStatus(record: JobRecord): JobStatus {
  const { secondaryStatus, progress } = record;
  const known = { secondaryStatus, message: progress.transitions.at(-1)?.message };
  switch (record.type) {
    case 'training': {
      const { outputArtifacts: output } = progress;
      const description = describeTrainingJob(record as JobRecord<CreateTrainingJobRequest>);
      return trainingStatus(description, { ...known, ...(output !== undefined && { outputs: { output } }) });
    }
    case 'processing':
      return processingStatus(describeProcessingJob(record as JobRecord<CreateProcessingJobRequest>), known);
    case 'transform':
      return transformStatus(describeTransformJob(record as JobRecord<CreateTransformJobRequest>), known);
  }
}
