import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseSimulateDelay } from '../../src/cli/simulate-delay.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';
import { startServe, trainWith, waitFor } from '../harness/sluice-serve.ts';

const newDirectory = temporaryDirectories();

test('sluice serve --executor simulate completes jobs without running them, and after a restart goes on', async () => {
  const home = await newDirectory();
  const simulate = ['--executor', 'simulate', '--simulate-delay', 'Uploading=60000'];
  {
    await using serve = await startServe(home, simulate);
    const retry = { RetryStrategy: { MaximumRetryAttempts: 1 } };
    await trainWith(serve, 'simulated', 'process.exit(1)', retry);
    await waitFor(serve, 'simulated', 'Uploading');
  }
  await using serve = await startServe(home, ['--executor', 'simulate']);
  const job = await waitFor(serve, 'simulated', 'Completed');
  expect(job.ModelArtifacts?.S3ModelArtifacts).toBe('s3://bucket/out/simulated/output/model.tar.gz');
});

test('sluice train --executor simulate names a model that it has not made, and copies nothing', async () => {
  const cwd = await newDirectory();
  await writeFile(join(cwd, 'train.ts'), 'process.exit(1)');
  const parameters = ['train', '--script', 'train.ts', '--executor', 'simulate', '--output', 'out'];
  const { code, stdout } = await sluice(parameters, { cwd, home: join(cwd, 'home') });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Completed .*\n +model +s3:/m);
  expect(existsSync(join(cwd, 'out'))).toBe(false);
});

test.each([
  ['0', 0, 0],
  ['500', 500, 500],
  ['Training=2000', 2000, 0],
  ['100,Training=2000', 2000, 100],
  ['Training=2000, Uploading=7', 2000, 7],
])('--simulate-delay %s', (text, training, uploading) => {
  const delayMs = parseSimulateDelay(text);
  expect([delayMs('Training'), delayMs('Uploading')]).toEqual([training, uploading]);
});

test.each(['', 'x', '-1', '1.5', 'Training=', '1,,2'])('--simulate-delay %j is refused', async (text) => {
  const { code, stderr } = await sluice(['serve', '--simulate-delay', text], { home: await newDirectory() });
  expect(code).toBe(2);
  expect(stderr).toContain(`got '${text.split(',')[1] ?? text}'`);
});
