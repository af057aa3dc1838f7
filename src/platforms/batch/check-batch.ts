import { SluiceError } from '../../core/errors.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';
import type { BatchApi } from './batch-api.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|\[::\])$/;

/** Refuses what no job could work with. Pure. @throws SluiceError `ConfigInvalid` */
export function expectReachable({ endpoint, jobQueue }: BatchSettings): void {
  if (jobQueue === undefined)
    throw new SluiceError('ConfigInvalid', 'platforms.batch: jobs need a queue.', {
      hint: 'Set jobQueue: the name or ARN of a job queue; docs/batch.md has the commands that make one.',
    });
  if (endpoint !== undefined && LOOPBACK.test(new URL(endpoint).hostname))
    throw new SluiceError(
      'ConfigInvalid',
      `platforms.batch.endpoint: containers of jobs do not reach ${endpoint}: it is an address of this machine alone.`,
      { hint: 'Name an address that they reach, or leave it out: AWS.' },
    );
}

/** Where the settings name a queue, and what it has to take. */
const TYPES = {
  'platforms.batch.jobQueue': 'jobs of containers',
  'platforms.sagemaker.training.jobQueue': "SageMaker's training jobs",
} as const;
const [CONTAINERS, TRAINING] = Object.keys(TYPES) as [keyof typeof TYPES, keyof typeof TYPES];

/**
 * The queue of the settings, which takes jobs.
 *
 * @param key - Of the settings
 * @throws SluiceError `InvalidArgument` where there is none, or it takes no such jobs
 */
export async function requireQueue(
  api: BatchApi,
  { jobQueue = '' }: Pick<BatchSettings, 'jobQueue'>,
  key: keyof typeof TYPES = 'platforms.batch.jobQueue',
): Promise<string> {
  const queue = await api.queue(jobQueue);
  if (!queue)
    throw new SluiceError('InvalidArgument', `${key}: there is no job queue '${jobQueue}'.`, {
      hint: 'aws batch describe-job-queues lists those of this account and region.',
    });
  if (queue.state !== 'ENABLED' || queue.status === 'INVALID' || queue.status === 'DELETED')
    throw new SluiceError(
      'InvalidArgument',
      `${key}: '${jobQueue}' takes no jobs: it is ${queue.state}, ${queue.status}${queue.statusReason ? `: ${queue.statusReason}` : ''}.`,
      { hint: `aws batch update-job-queue --job-queue ${jobQueue} --state ENABLED` },
    );
  const takes = queue.jobQueueType === 'SAGEMAKER_TRAINING' ? TRAINING : CONTAINERS;
  if (takes === key) return jobQueue;
  throw new SluiceError(
    'InvalidArgument',
    `${key}: '${jobQueue}' takes ${TYPES[takes]}; expected a queue that takes ${TYPES[key]}.`,
    { hint: `Name it as ${takes}, or take another queue.` },
  );
}
