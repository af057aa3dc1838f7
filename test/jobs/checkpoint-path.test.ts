import { expect, test } from 'vitest';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { keysBelow, trainingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';

const STEP = `
  import { readdirSync, writeFileSync } from 'node:fs';
  writeFileSync('/tmp/checkpoints/step-' + readdirSync('/tmp/checkpoints').length, 'x');`;

async function train(fixture: JobsFixture, name: string, LocalPath: string) {
  const request = await trainingRequest(fixture, name, STEP, {
    CheckpointConfig: { S3Uri: `s3://${fixture.bucket}/checkpoints/`, LocalPath },
  });
  await fixture.jobs.training.start(request);
  return fixture.jobs.training.wait(name);
}

test('checkpoints may lie outside of /opt/ml, and are restored there', async () => {
  await using fixture = await openJobs();
  for (const name of ['first', 'second']) {
    expect((await train(fixture, name, '/tmp/checkpoints')).FailureReason).toBeUndefined();
  }
  expect(await keysBelow(fixture, 'checkpoints/')).toEqual(['checkpoints/step-0', 'checkpoints/step-1']);
});

test.each([
  ['/usr/lib/checkpoints', /is the system's/],
  ['/', /is the system's/],
  ['/tmp/../etc', /no absolute path/],
])('checkpoints at %s are refused', async (path, reason) => {
  await using fixture = await openJobs();
  expect((await train(fixture, 'refused', path)).FailureReason).toMatch(reason);
});

test('a plain process has none outside of /opt/ml, and is told so', async () => {
  await using fixture = await openJobs({ executor: createProcessExecutor() });
  const { FailureReason: reason } = await train(fixture, 'plain', '/tmp/checkpoints');
  expect(reason).toMatch(
    /^ClientError: CheckpointConfig.LocalPath: '\/tmp\/checkpoints' lies outside of \/opt\/ml/,
  );
});
