import { expect, test } from 'vitest';
import type { JobHandle } from '../../../src/platforms/index.ts';
import { jobStatus } from '../../../src/platforms/response/job-status.ts';
import { JobBoard } from '../../../src/platforms/sagemaker/job-board.ts';
import { RequestPace } from '../../../src/platforms/sagemaker/request-pace.ts';
import type { ListedJob } from '../../../src/platforms/sagemaker/sagemaker-api.ts';

const COUNT = 2000;
const handles = Array.from({ length: COUNT }, (_, index): JobHandle => {
  return { platform: 'sagemaker', jobType: 'training', jobName: `job-${index}` };
});

test('tells of 2,000 jobs by 20 pages once, and then by one page and those that have ended', async () => {
  const jobs = new Map(
    handles.map(({ jobName: name }): [string, ListedJob] => [
      name,
      {
        name,
        status: 'InProgress',
        secondaryStatus: 'Training',
        modifiedAt: new Date(Date.now() - 3_600_000),
      },
    ]),
  );
  const asked = { pages: 0, described: 0 };
  const board = new JobBoard({
    pace: new RequestPace({ perSecond: 1e6, burst: 1e6 }),
    list: async (_, { modifiedAfter, token }) => {
      asked.pages++;
      const found = [...jobs.values()].filter(
        ({ modifiedAt }) => !modifiedAfter || modifiedAt > modifiedAfter,
      );
      const start = Number(token ?? 0);
      const next = start + 100 < found.length ? String(start + 100) : undefined;
      return { jobs: found.slice(start, start + 100), token: next };
    },
    describe: async ({ jobName }) => {
      asked.described++;
      const { status, secondaryStatus } = jobs.get(jobName)!;
      return jobStatus({ status, secondaryStatus, instanceCount: 1, outputs: {} });
    },
  });
  const { signal } = new AbortController();
  const first = await board.statuses(handles, signal);
  expect(first.every((status) => 'phase' in status && status.phase === 'running')).toBe(true);
  expect(asked.pages).toBe(20);
  expect(asked.described).toBeLessThanOrEqual(4);

  Object.assign(asked, { pages: 0, described: 0 });
  // All of them are as old as the last change that was seen, but older than the last list.
  jobs.set('job-7', { ...jobs.get('job-7')!, status: 'Completed', modifiedAt: new Date() });
  const second = await board.statuses(handles, signal);
  expect(second[7]).toMatchObject({ phase: 'succeeded' });
  expect(second[8]).toMatchObject({ phase: 'running' });
  expect(asked).toEqual({ pages: 1, described: 1 });
});
