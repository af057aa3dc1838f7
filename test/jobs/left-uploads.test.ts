import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { listLeftUploads, removeLeftUpload, removeLeftUploads } from '../../src/jobs/index.ts';
import { listUploads, noteUpload, workerOf } from '../../src/state/index.ts';
import { openJobs } from '../harness/jobs.ts';

const GONE = '000000000000000000000000';

test('what a worker that is gone has left is removed, and what one at work writes is not', async () => {
  await using fixture = await openJobs({ executor: createProcessExecutor() });
  const { state, home } = fixture;
  const context = { state, stores: { store: () => fixture.store } };
  const upload = (name: string) => {
    const path = join(home, name);
    writeFileSync(path, 'x');
    return { id: path, uri: pathToFileURL(join(home, 'whole')).href };
  };
  await noteUpload(state, upload('left.part'), GONE);
  await noteUpload(state, upload('own.part'), await workerOf(state).join());
  await removeLeftUploads(context);
  expect(existsSync(join(home, 'left.part'))).toBe(false);
  expect(existsSync(join(home, 'own.part'))).toBe(true);
  expect((await listUploads(state)).map(({ id }) => id)).toEqual([join(home, 'own.part')]);
});

test.each([
  ["another machine's file", { uri: 'file:///out/a', id: '/out/.a.part', host: 'elsewhere' }],
  ['an upload to a store that the home has no more', { uri: 's3://data/a', id: 'upload', host: '' }],
])('%s stays known until it can be removed', async (_, upload) => {
  await using fixture = await openJobs({ executor: createProcessExecutor() });
  const { state, store } = fixture;
  const record = { ...upload, worker: GONE, beganAt: 1 };
  await noteUpload(state, upload, GONE);
  const staged = await store.stage(fixture.bucket, 'b', 'of a job', { owner: 'a.job.1' });
  expect(await removeLeftUpload({ state, stores: { store: () => store } }, record)).toBe(false);
  expect(await listLeftUploads({ state })).toMatchObject([{ uri: upload.uri }]);
  await store.publishStaged(staged);
});
