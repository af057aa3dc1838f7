// Needs: fuse
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Executor } from '../../src/executors/index.ts';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import type { S3Store } from '../../src/objects/s3/s3-store.ts';
import { archiveFiles } from '../harness/archive.ts';
import { channel, objectBytes, trainingRequest } from '../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../harness/jobs.ts';
import { startS3, type TestS3, testCredentials } from '../harness/s3-server.ts';

let server: TestS3;
let remote: S3Store;

beforeAll(async () => {
  server = await startS3({ verify: false });
  await server.store.createBucket('remote');
  remote = createS3Store({ endpoint: server.url, credentials: testCredentials });
});

afterAll(async () => {
  await remote.close();
  await server.close();
});

describe.each(executors)('a FastFile channel of a remote store in the %s executor', (name, executor) => {
  test('is read lazily by the job, and is gone afterwards', async () => {
    const bytes = randomBytes(5_000_000);
    await server.store.put('remote', 'train/sub/one', bytes);
    await server.store.put('remote', 'train/two', 'second');
    await using fixture = await open(executor());
    const request = await trainingRequest(
      fixture,
      `lazily-${name}`,
      `import { createHash } from 'node:crypto';
       import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
       const train = process.env.SM_CHANNEL_TRAIN;
       const sum = createHash('sha256').update(readFileSync(train + '/sub/one')).digest('hex');
       let refused;
       try { writeFileSync(train + '/new', ''); } catch (error) { refused = error.code; }
       const names = readdirSync(train, { recursive: true }).sort();
       writeFileSync(process.env.SM_MODEL_DIR + '/seen.json', JSON.stringify({ sum, names, refused }));`,
      { InputDataConfig: [channel(fixture, 'train', 's3://remote/train', { InputMode: 'FastFile' })] },
    );
    await fixture.jobs.training.start(request);
    const job = await fixture.jobs.training.wait(`lazily-${name}`);
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed' });
    const model = await archiveFiles(await objectBytes(fixture, `out/lazily-${name}/output/model.tar.gz`));
    expect(JSON.parse(model['seen.json'] as string)).toEqual({
      sum: createHash('sha256').update(bytes).digest('hex'),
      names: ['sub', 'sub/one', 'two'],
      refused: 'EROFS',
    });
    expect(await fixture.jobs.training.logTail(`lazily-${name}`, 10)).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(fixture.home);
  });

  test('fails the job when an object changes while it is read', async () => {
    await server.store.put('remote', `changing/${name}/one`, Buffer.alloc(4_000_000, 'a'));
    await using fixture = await open(executor());
    const request = await trainingRequest(
      fixture,
      `changing-${name}`,
      `import { openSync, readSync } from 'node:fs';
       const file = openSync(process.env.SM_CHANNEL_TRAIN + '/one');
       readSync(file, Buffer.alloc(4096), 0, 4096, 2_000_000);
       await fetch('${server.url}/remote/changing/${name}/one', { method: 'PUT', body: 'changed' });
       try { readSync(file, Buffer.alloc(4096), 0, 4096, 0); } catch (error) { console.log(error.code); }
       setTimeout(() => undefined, 60_000);`,
      {
        InputDataConfig: [
          channel(fixture, 'train', `s3://remote/changing/${name}`, { InputMode: 'FastFile' }),
        ],
      },
    );
    await fixture.jobs.training.start(request);
    const job = await fixture.jobs.training.wait(`changing-${name}`);
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toContain(`s3://remote/changing/${name}/one has changed`);
  });
});

/** Jobs whose buckets are those of the fixture, but for the one that is remote. */
async function open(executor: Executor): Promise<JobsFixture> {
  const fixture: JobsFixture = await openJobs({
    executor,
    stores: { store: (bucket) => (bucket === 'remote' ? remote : fixture.store) },
  });
  return fixture;
}
