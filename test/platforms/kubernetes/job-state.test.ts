import { describe, expect, test } from 'vitest';
import { MARKS } from '../../../src/platforms/kubernetes/cluster-names.ts';
import { jobState } from '../../../src/platforms/kubernetes/job-state.ts';
import { keepJob, keepPod } from '../../../src/platforms/kubernetes/kept-objects.ts';

const T0 = Date.parse('2026-11-28T10:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

function jobOf(status: object, more: { spec?: object; annotations?: Record<string, string> } = {}) {
  const annotations = { [MARKS.maxRuntime]: '600', ...more.annotations };
  return keepJob({
    metadata: { name: 'train', uid: 'u', creationTimestamp: at(0), annotations },
    spec: { ...more.spec },
    status: status as Record<string, unknown>,
  });
}

function podOf(status: object, more: object = {}) {
  const labels = { [MARKS.job]: 'train', 'batch.kubernetes.io/job-completion-index': '0' };
  return keepPod({
    metadata: { name: 'train-0-x', creationTimestamp: at(0), labels, ...more },
    spec: { nodeName: 'n1' },
    status: status as Record<string, unknown>,
  });
}

const condition = (type: string, more: object = {}) => ({
  type,
  status: 'True',
  lastTransitionTime: at(90),
  ...more,
});
const main = (state: object) => ({ phase: 'Running', containerStatuses: [{ name: 'main', state }] });
const running = podOf(main({ running: { startedAt: at(10) } }));

test('a pod that is still there when the grace of its job is over is to be killed', () => {
  const job = jobOf({ active: 1 }, { annotations: { [MARKS.end]: '{"reason":"Stopped"}' } });
  const settings = { uploadSeconds: 300 };
  // Asked at 10 s: its time as a whole is 420 s, and 120 s of it the program's.
  const ending = podOf(main({ running: { startedAt: at(10) } }), { deletionTimestamp: at(430) });
  expect(jobState(job, [ending], settings, T0 + 129_000)).not.toHaveProperty('toKill');
  expect(jobState(job, [ending], settings, T0 + 131_000).toKill).toEqual([ending]);
  expect(jobState(job, [running], settings, T0 + 131_000)).not.toHaveProperty('toKill');
});

describe('where a job is', () => {
  test.each([
    ['suspended', jobOf({}, { spec: { suspend: true } }), [], 'queued', 'Pending', /suspended/],
    ['without pods', jobOf({}), [], 'queued', 'Pending', /pod/],
    [
      'without room',
      jobOf({ active: 1 }),
      [
        podOf({
          phase: 'Pending',
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' },
          ],
        }),
      ],
      'queued',
      'Pending',
      /Unschedulable: 0\/1 nodes/,
    ],
    [
      'whose image does not come',
      jobOf({ active: 1 }),
      [
        podOf({
          phase: 'Pending',
          initContainerStatuses: [{ name: 'prepare', state: { waiting: { reason: 'ImagePullBackOff' } } }],
        }),
      ],
      'initializing',
      'DownloadingTrainingImage',
      /'prepare': ImagePullBackOff/,
    ],
    [
      'that brings its data',
      jobOf({ active: 1 }),
      [podOf({ phase: 'Pending', initContainerStatuses: [{ name: 'prepare', state: { running: {} } }] })],
      'initializing',
      'Downloading',
      undefined,
    ],
    ['that runs', jobOf({ active: 1 }), [running], 'running', 'Training', undefined],
    [
      'whose program has ended',
      jobOf({ active: 1 }),
      [podOf(main({ terminated: { exitCode: 0, startedAt: at(1) } }))],
      'running',
      'Uploading',
      undefined,
    ],
    [
      'that fails, but has not failed',
      jobOf({ conditions: [condition('FailureTarget')] }),
      [running],
      'running',
      'Training',
      undefined,
    ],
    [
      'that has failed, with a pod that still uploads',
      jobOf({ conditions: [condition('Failed')] }),
      [running],
      'running',
      'Training',
      undefined,
    ],
  ] as const)('%s', (_, job, pods, phase, secondaryStatus, message) => {
    const state = jobState(job, pods, {}, T0 + 20_000);
    expect(state).toMatchObject({ phase, secondaryStatus });
    expect(state.message ?? '').toMatch(message ?? /^$/);
    expect(state.toEnd).toBeUndefined();
  });
});

describe('why a job has ended', () => {
  const done = podOf({ phase: 'Succeeded' });
  const evicted = podOf({
    phase: 'Succeeded',
    conditions: [condition('DisruptionTarget', { message: 'Eviction API: evicting' })],
  });
  const full = podOf({
    phase: 'Failed',
    reason: 'Evicted',
    message: 'Usage of EmptyDir volume "ml" exceeds the limit "1Gi". ',
  });
  const pressed = podOf({
    phase: 'Failed',
    reason: 'Evicted',
    message: 'The node was low on resource: memory.',
  });
  test.each([
    ['by itself', jobOf({ conditions: [condition('Complete')] }), [done], undefined],
    [
      'of itself, badly',
      jobOf({ conditions: [condition('Failed', { reason: 'BackoffLimitExceeded' })] }),
      [],
      'Failed',
    ],
    [
      'of its deadline',
      jobOf({ conditions: [condition('Failed', { reason: 'DeadlineExceeded' })] }),
      [],
      'MaxRuntimeExceeded',
    ],
    ['of an eviction, with 0', jobOf({ conditions: [condition('Complete')] }), [evicted], 'Disrupted'],
    ['of a full volume', jobOf({ conditions: [condition('Failed')] }), [full], 'VolumeFull'],
    ['of a node under pressure', jobOf({ conditions: [condition('Failed')] }), [pressed], 'Disrupted'],
    [
      'because somebody stopped it',
      jobOf(
        { conditions: [condition('Failed', { reason: 'DeadlineExceeded' })] },
        { annotations: { [MARKS.end]: '{"reason":"Stopped"}' } },
      ),
      [],
      'Stopped',
    ],
    [
      'suspended, because somebody stopped it',
      jobOf({}, { spec: { suspend: true }, annotations: { [MARKS.end]: '{"reason":"Stopped"}' } }),
      [],
      'Stopped',
    ],
  ] as const)('%s', (_, job, pods, reason) => {
    const state = jobState(job, pods, {}, T0 + 100_000);
    expect(state.phase).toBe('ended');
    expect(state.end?.reason).toBe(reason);
  });
});

describe('what is over its time', () => {
  const noImage = (reason: string) =>
    podOf({
      phase: 'Pending',
      containerStatuses: [{ name: 'main', state: { waiting: { reason, message: 'no' } } }],
    });
  const unschedulable = podOf({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
  });
  test.each([
    ['an image that never comes', [noImage('ImagePullBackOff')], 301, {}, 'ImageNotPulled'],
    ['an image that may come', [noImage('ImagePullBackOff')], 299, {}, undefined],
    ['a name of an image that is none', [noImage('InvalidImageName')], 1, {}, 'ImageNotPulled'],
    ['a container that cannot be made', [noImage('CreateContainerError')], 301, {}, 'NotStarted'],
    ['no room', [unschedulable], 11, { startSeconds: 10 }, 'NoRoom'],
    ['a program that runs on', [running], 611, {}, 'MaxRuntimeExceeded'],
    ['a program that has time', [running], 609, {}, undefined],
    [
      'a pod that does not go',
      [podOf(main({ running: { startedAt: at(10) } }), { deletionTimestamp: at(20) })],
      81,
      {},
      'NodeLost',
    ],
    [
      'a pod that goes',
      [podOf(main({ running: { startedAt: at(10) } }), { deletionTimestamp: at(20) })],
      79,
      {},
      undefined,
    ],
  ] as const)('%s', (_, pods, seconds, settings, reason) => {
    const state = jobState(jobOf({ active: 1 }), pods, settings, T0 + seconds * 1000);
    expect(state.toEnd?.reason).toBe(reason);
  });
});
