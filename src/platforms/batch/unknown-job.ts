import { SluiceError } from '../../core/errors.ts';
import type { JobHandle } from '../job-handle.ts';

/** For who asks for a job that is not there. */
export function unknownJob({ jobType, jobName }: Pick<JobHandle, 'jobType' | 'jobName'>): SluiceError {
  return new SluiceError('JobNotFound', `AWS Batch knows no ${jobType} job '${jobName}'.`);
}
