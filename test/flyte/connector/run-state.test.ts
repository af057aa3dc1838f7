import { describe, expect, it } from 'vitest';
import { failedState, type NodeView, phaseUnderWay } from '../../../src/flyte/connector/runs/run-state.ts';
import type { JobStatus } from '../../../src/platforms/index.ts';

const job = { platform: 'local', jobType: 'training', jobName: 'a-job' } as const;
const waiting: NodeView = { id: 'step', phase: 'NotYetStarted', attempt: 0 };
const running: NodeView = { id: 'step', phase: 'Running', attempt: 1 };

function told(phase: JobStatus['phase']): NodeView {
  return {
    ...running,
    job,
    status: { phase, status: 'InProgress', metrics: {}, outputs: {}, createdAt: new Date(0) },
  };
}

describe('phaseUnderWay', () => {
  it.each<[string, readonly NodeView[], boolean, string]>([
    ['nothing has begun', [waiting], false, 'QUEUED'],
    ['the job is not submitted', [running], false, 'INITIALIZING'],
    ['the job is submitted', [{ ...running, job }], false, 'RUNNING'],
    ['the job waits for room', [told('queued')], false, 'QUEUED'],
    ['the job begins', [told('initializing')], false, 'INITIALIZING'],
    ['the job runs', [told('running')], false, 'RUNNING'],
    ['the job has ended, and the run has to see it', [told('failed')], false, 'RUNNING'],
    ['the job begins anew in another attempt', [{ ...told('initializing'), attempt: 2 }], false, 'RUNNING'],
    ['the job begins anew after a takeover', [told('initializing')], true, 'RUNNING'],
    ['the job waits anew after a takeover', [told('queued')], true, 'RUNNING'],
    ['nothing had begun at a takeover', [waiting], true, 'QUEUED'],
    ['one of several steps begins', [told('initializing'), waiting], false, 'RUNNING'],
  ])('%s: %#', (_, nodes, resumed, expected) => {
    expect(phaseUnderWay(nodes, resumed)).toBe(expected);
  });
});

describe('failedState', () => {
  const error = { code: 'JobFailed', message: 'It broke.', fault: 'user', node: 'step' } as const;
  const nodes = [{ ...running, file: 'pipeline.py:12' }];

  it('says where the task is defined, before the end of its log', () => {
    const failed = {
      phase: 'Failed',
      nodeCount: 1,
      error: { ...error, logTail: ['the last line'] },
    } as const;
    expect(failedState(failed, nodes)).toEqual({
      phase: 'RETRYABLE_FAILED',
      message: 'JobFailed: It broke.\n  defined at pipeline.py:12\n  the last line',
    });
  });

  it('names the step where there are several, and no place where none is known', () => {
    expect(failedState({ phase: 'Failed', nodeCount: 2, error }, [{ ...running }])).toMatchObject({
      message: "JobFailed: Step 'step': It broke.",
    });
  });
});
