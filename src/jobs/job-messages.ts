import type { JobType } from '../state/index.ts';

/** The StatusMessages that every job comes to. */
export interface JobMessages {
  readonly starting: string;
  readonly stopping: string;
  readonly stopped: string;
  readonly completed: string;
  readonly maxRuntimeExceeded: string;
}

const WORDS: Readonly<Record<JobType, string>> = {
  training: 'Training',
  processing: 'Processing',
  transform: 'Transform',
};

/** The StatusMessages of a job type, as SageMaker words those of training jobs. */
export function jobMessages(type: JobType): JobMessages {
  const word = WORDS[type];
  return {
    starting: `Preparing the instances for ${word.toLowerCase()}`,
    stopping: `Stopping the ${word.toLowerCase()} job`,
    stopped: `${word} job stopped`,
    completed: `${word} job completed`,
    maxRuntimeExceeded: `${word} job runtime exceeded MaxRuntimeInSeconds provided`,
  };
}
