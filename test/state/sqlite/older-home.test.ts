import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { expect, it } from 'vitest';
import { homePaths } from '../../../src/core/home.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { lastJson, writeFiles } from '../../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();
const BUCKET = 'sagemaker-us-east-1-123456789012';

/** The scripts of the fixture's workflow; the one that failed, and waited when its process was killed, is mended. */
const scripts = {
  'count.mjs': 'throw new Error("it has succeeded before");',
  'train.mjs': 'throw new Error("it has succeeded before");',
  'wait.mjs': `import { readdirSync, writeFileSync } from 'node:fs';
writeFileSync('/opt/ml/processing/output/result/end.txt', readdirSync('/opt/ml/processing/input/model').join());`,
};

/** A home with the database of `four-migrations.sql`, and what its runs have left in the store. */
async function olderHome(): Promise<{ readonly home: string; readonly place: string }> {
  const place = await temporaryDirectory();
  const home = join(place, 'home');
  await writeFiles(place, { ...scripts, 'home/config.yaml': '' });
  const sql = readFileSync(join(import.meta.dirname, '../../fixtures/state/four-migrations.sql'), 'utf8');
  const database = new DatabaseSync(homePaths(home).database);
  database.exec(sql.replaceAll('@PLACE@', place));
  database.close();
  const store = createDirectoryStore(join(home, 's3'));
  await store.createBucket(BUCKET);
  const model = gzipSync(await packTar([{ header: { name: 'm.txt', size: 1 }, body: 'm' }]));
  for (const run of ['flow-failed', 'flow-killed'])
    await store.put(BUCKET, `${run}/train/${run}-train-1/output/model.tar.gz`, model);
  return { home, place };
}

it('a home of an earlier version is carried over: its runs and jobs are there, and what had not ended goes on', async () => {
  const { home, place } = await olderHome();
  const json = async (...args: string[]) => {
    const { stdout, stderr, code } = await sluice([...args, '--json'], { home, cwd: place });
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return lastJson(stdout);
  };
  const { runs } = await json('runs', 'ls');
  expect(runs).toMatchObject([
    { id: 'flow-killed', phase: 'Crashed' },
    { id: 'flow-failed', phase: 'Failed' },
  ]);
  expect(await json('runs', 'show', 'flow-failed')).toMatchObject({
    nodes: [
      { id: 'count', phase: 'Succeeded', attempt: 1 },
      { id: 'train', phase: 'Succeeded', attempt: 1 },
      { id: 'wait', phase: 'Failed', error: { message: 'AlgorithmError: , exit code: 3' } },
    ],
  });
  for (const id of ['flow-failed', 'flow-killed']) {
    expect(await sluice(['runs', 'resume', id], { home, cwd: place })).toMatchObject({ code: 0 });
    const { phase, nodes, outputs } = await json('runs', 'show', id);
    expect(phase).toBe('Succeeded');
    expect(nodes).toMatchObject([{ attempt: 1 }, { attempt: 1 }, { phase: 'Succeeded' }]);
    const { result } = outputs as { result: string };
    expect(readFileSync(join(home, 's3', result.replace('s3://', ''), 'end.txt'), 'utf8')).toBe(
      'model.tar.gz',
    );
  }
  const { jobs } = await json('jobs', 'ls');
  const statuses = (jobs as { name: string; status: string }[]).map(
    ({ name, status }) => `${name} ${status}`,
  );
  expect(statuses.toSorted()).toEqual([
    'flow-failed-count-1 Completed',
    'flow-failed-train-1 Completed',
    'flow-failed-wait-1 Failed',
    'flow-failed-wait-2 Completed',
    'flow-killed-count-1 Completed',
    'flow-killed-train-1 Completed',
    'flow-killed-wait-1 Failed',
    'flow-killed-wait-2 Completed',
  ]);
}, 240_000);
