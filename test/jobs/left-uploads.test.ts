import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { Bundles } from '../../src/bundles/index.ts';
import { prune } from '../../src/cli/prune/prune.ts';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { homePaths } from '../../src/core/home.ts';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { listLeftUploads, removeLeftUpload, removeLeftUploads } from '../../src/jobs/index.ts';
import { listUploads, noteUpload, workerOf } from '../../src/state/index.ts';
import { openJobs } from '../harness/jobs.ts';
import { startS3, testCredentials } from '../harness/s3-server.ts';

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

test.each([
  ['open', 'begun', 1, 0],
  ['complete', 'ended', 0, 1],
])(
  'a bundle whose upload is %s when its process is killed is kept once, and prune leaves nothing of it',
  async (_, point, open, kept) => {
    const s3 = await startS3();
    await using _s3 = { [Symbol.asyncDispose]: () => s3.close() };
    const options = { endpoint: s3.url, credentials: testCredentials };
    await using fixture = await openJobs({ executor: createProcessExecutor(), s3: options });
    const { state, store, home, jobs, bucket } = fixture;
    const stores = { store: () => store, close: async () => undefined };
    const file = join(home, 'data.bin');
    writeFileSync(file, randomBytes(17 * 1024 * 1024));
    const program = new URL('../fixtures/jobs/halt-in-bundle.ts', import.meta.url).pathname;
    const killed = spawn(process.execPath, [program, home, s3.url, file, point], { stdio: 'ignore' });
    const [, signal] = (await once(killed, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const client = new S3Client({ ...options, region: 'us-east-1', forcePathStyle: true });
    const uploads = async () =>
      (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;
    const archives = async () =>
      (await Array.fromAsync(store.list(bucket, { prefix: 'sluice-bundles/' }))).length;
    try {
      expect([await uploads(), await archives()]).toEqual([open, kept]);
      const context = { state, stores, jobs, paths: homePaths(home), account: DEFAULT_ACCOUNT };
      const { items } = await prune(context, { kinds: ['uploads'] }, { now: Date.now(), dryRun: false });
      expect(items).toMatchObject([
        { kind: 'uploads', name: expect.stringContaining('sluice-bundles/') as string },
      ]);
      expect([await uploads(), await listUploads(state)]).toEqual([0, []]);
      const { digest } = await new Bundles({ stores, account: DEFAULT_ACCOUNT }).add([
        { path: 'data.bin', source: file, mode: 0o644 },
      ]);
      expect((await new Bundles({ stores, account: DEFAULT_ACCOUNT }).find({ digest })).files).toHaveLength(
        1,
      );
      expect([await uploads(), await archives()]).toEqual([0, 1]);
    } finally {
      client.destroy();
    }
  },
);
