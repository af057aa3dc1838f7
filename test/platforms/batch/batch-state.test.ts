import type { JobDetail } from '@aws-sdk/client-batch';
import { expect, test } from 'vitest';
import type { AgentResult } from '../../../src/contract/agent-result.ts';
import { batchState, END_REASONS, endOfJob, TAGS } from '../../../src/platforms/batch/batch-state.ts';
import { shellFailure } from '../../../src/platforms/batch/container-reasons.ts';

const job = (more: Partial<JobDetail>): JobDetail => ({
  jobName: 'a',
  jobId: '1',
  jobQueue: 'q',
  jobDefinition: 'd',
  status: 'FAILED',
  startedAt: 2000,
  createdAt: 1000,
  stoppedAt: 9000,
  statusReason: 'Essential container in task exited',
  ...more,
});
const result = (status: AgentResult['status'], failureReason?: string): AgentResult =>
  ({ status, ...(failureReason !== undefined && { failureReason }) }) as AgentResult;
const container = (name: string, reason: string): Partial<JobDetail> => ({
  attempts: [{ taskProperties: [{ containers: [{ name, reason }] }] }],
});

test.each([
  ['SUBMITTED', {}, 'queued', 'Pending'],
  ['PENDING', {}, 'queued', 'Pending'],
  ['RUNNABLE', {}, 'queued', 'Pending'],
  ['RUNNABLE', { isCancelled: true }, 'stopping', 'Stopping'],
  ['STARTING', {}, 'initializing', 'Starting'],
  ['RUNNING', {}, 'running', 'Training'],
  ['RUNNING', { isTerminated: true }, 'stopping', 'Stopping'],
  ['SUCCEEDED', {}, 'ended', 'Completed'],
  ['FAILED', {}, 'ended', 'Completed'],
] as const)('a job that is %s %o', (status, more, phase, secondaryStatus) => {
  expect(batchState(job({ status, ...more }), 3000)).toMatchObject({ phase, secondaryStatus });
});

test.each([
  [3999, false, 'running'],
  [4001, true, 'stopping'],
])('a job of 2 s that has begun at 2000 is over its time at %d: %s', (now, isOverTime, phase) => {
  const tags = { [TAGS.maxRuntime]: '2' };
  expect(batchState(job({ status: 'RUNNING', tags }), now)).toMatchObject({ isOverTime, phase });
});

test.each([
  ['it said so', {}, result('Completed'), 'Completed', undefined, undefined],
  [
    'it had completed before its machine went',
    { statusReason: 'Host EC2 (instance i-1) terminated.' },
    result('Completed'),
    'Completed',
    undefined,
    undefined,
  ],
  [
    'Batch says it has succeeded, and it left nothing',
    { status: 'SUCCEEDED' },
    undefined,
    'Failed',
    'InternalServerError: The job left no result. there is none',
    undefined,
  ],
  [
    'its program failed',
    {},
    result('Failed', 'AlgorithmError: , exit code: 3'),
    'Failed',
    'AlgorithmError: , exit code: 3',
    undefined,
  ],
  [
    'its machine was taken away',
    { statusReason: 'Host EC2 (instance i-1) terminated.' },
    result('Failed', 'AlgorithmError: , exit code: 143'),
    'Failed',
    'InternalServerError: The job was interrupted: Host EC2',
    'interruption',
  ],
  [
    'nobody says why it was ended',
    {},
    result('Stopped'),
    'Failed',
    'InternalServerError: The job was interrupted',
    'interruption',
  ],
  [
    'it was stopped',
    { isTerminated: true, statusReason: END_REASONS.stopped },
    result('Stopped'),
    'Stopped',
    undefined,
    undefined,
  ],
  [
    'it was stopped before it began',
    { isCancelled: true, statusReason: END_REASONS.stopped },
    undefined,
    'Stopped',
    undefined,
    undefined,
  ],
  [
    'its image cannot be pulled',
    container('main', 'CannotPullContainerError: Error response from daemon: manifest for x not found'),
    undefined,
    'Failed',
    'ClientError: The image cannot be pulled. CannotPullContainerError',
    undefined,
  ],
  [
    'its image has no shell',
    container('main', 'CannotStartContainerError: exec: "/bin/sh": no such file or directory'),
    // All that the agent can say.
    result('Failed', 'AlgorithmError: , exit code: 127'),
    'Failed',
    'ClientError: The image has no /bin/sh',
    undefined,
  ],
  [
    'its image cannot be pulled, for which Sluice has ended it',
    {
      ...container('main', 'CannotPullContainerError: pull access denied'),
      isTerminated: true,
      statusReason: END_REASONS.notStarted,
    },
    result('Stopped'),
    'Failed',
    'ClientError: The image cannot be pulled. CannotPullContainerError',
    undefined,
  ],
  [
    'somebody has stopped it before its image was pulled',
    {
      ...container('main', 'CannotPullContainerError: pull access denied'),
      isTerminated: true,
      statusReason: END_REASONS.stopped,
    },
    undefined,
    'Stopped',
    undefined,
    undefined,
  ],
  [
    'its secret cannot be read',
    { statusReason: 'ResourceInitializationError: unable to pull secrets' },
    undefined,
    'Failed',
    'ClientError: The job could not be started.',
    undefined,
  ],
  [
    'its queue gave it up',
    { statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - no room' },
    undefined,
    'Failed',
    'CapacityError: AWS Batch has no room for the job.',
    'capacity',
  ],
] as const)('how a job has ended: %s', (_, more, left, status, reason, displaced) => {
  const end = endOfJob(job(more), left, 'there is none');
  expect(end).toMatchObject({ status });
  expect(end.reason ?? '').toContain(reason ?? '');
  expect(end.displaced).toBe(displaced);
});

test.each([
  ['Sluice', { isTerminated: true, statusReason: END_REASONS.time }],
  ['Batch', { statusReason: 'Job attempt duration exceeded timeout' }],
])('a job that was over its time, as %s saw it, is stopped for that', (_, more) => {
  expect(endOfJob(job(more), result('Stopped'), undefined)).toEqual({
    status: 'Stopped',
    secondary: 'MaxRuntimeExceeded',
  });
});

test.each([
  ['[FATAL tini (7)] exec /bin/sh failed: No such file or directory', true],
  ['catatonit: failed to exec pid1: No such file or directory', true],
  ['ERROR (catatonit:2): failed to exec pid1: No such file or directory', true],
  ['exec /bin/other failed', false],
] as const)('an init that says %j tells that there is no shell: %s', (line, isShell) => {
  expect(shellFailure(['', line])?.startsWith('ClientError: The image has no /bin/sh')).toBe(
    isShell || undefined,
  );
});
