import { StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { listRunners } from '../../src/home/job-runner/runner-files.ts';
import { goOn, logOf, nothingLeft, WAITS } from '../harness/job-files.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';
import {
  describeJob,
  killRunners,
  logMessages,
  startServe,
  statusesOf,
  trainWith,
  waitFor,
  waitForLine,
} from '../harness/sluice-serve.ts';

const newDirectory = temporaryDirectories();
const retry = { RetryStrategy: { MaximumRetryAttempts: 1 } };
const LET_DOWN = expect.stringMatching(/^InternalServerError: We encountered an internal error/);

test.each(['its own', 'an adopted'] as const)(
  'a server accounts at once for the jobs of %s process that was killed',
  async (whose) => {
    const home = await newDirectory();
    let serve = await startServe(home);
    try {
      await trainWith(serve, 'retried', WAITS, retry);
      await trainWith(serve, 'failed', WAITS);
      for (const name of ['retried', 'failed']) await waitForLine(serve, name, 'waits');
      if (whose === 'an adopted') {
        await serve.kill();
        serve = await startServe(home);
      }
      await killRunners(home);
      expect(await waitFor(serve, 'failed', 'Failed')).toMatchObject({ FailureReason: LET_DOWN });
      await expect
        .poll(() => logMessages(serve, 'retried'), { timeout: 120_000 })
        .toEqual(['waits', 'waits']);
      goOn(home, 'retried');
      const job = await waitFor(serve, 'retried', 'Completed');
      expect(statusesOf(job)).toContain('Restarting');
    } finally {
      await serve[Symbol.asyncDispose]();
    }
  },
);

test('jobs that a server was told to leave are stopped through the next one', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home, ['--leave-jobs']);
    await trainWith(serve, 'left', WAITS);
    await waitForLine(serve, 'left', 'waits');
    await serve.stop();
    expect((await serve.program.ended).stderr).toContain('jobs go on');
  }
  expect(listRunners(home)).toHaveLength(1);
  await using again = await startServe(home, ['--leave-jobs']);
  await again.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'left' }));
  expect(statusesOf(await describeJob(again, 'left'))).toContain('Stopping');
  const job = await waitFor(again, 'left', 'Stopped');
  expect(job.SecondaryStatus).toBe('Stopped');
  expect(await logMessages(again, 'left')).toEqual(['waits', 'asked to end']);
  await nothingLeft(home, 'left');
});

test('a server that is told to stop ends adopted jobs too', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home);
    await trainWith(serve, 'adopted', WAITS);
    await waitForLine(serve, 'adopted', 'waits');
    await serve.kill();
  }
  {
    await using second = await startServe(home);
    await second.stop();
  }
  expect(listRunners(home)).toEqual([]);
  expect(logOf(home, 'adopted')).toContain('asked to end');
  await using third = await startServe(home);
  expect(await describeJob(third, 'adopted')).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: LET_DOWN,
  });
});

test('told to stop twice, a server kills jobs that do not end', async () => {
  const home = await newDirectory();
  await using serve = await startServe(home);
  await trainWith(
    serve,
    'stubborn',
    "process.on('SIGTERM', () => console.log('no')); setInterval(() => 0, 1000); console.log('waits');",
  );
  await waitForLine(serve, 'stubborn', 'waits');
  serve.program.child.kill('SIGINT');
  await expect.poll(() => logOf(home, 'stubborn'), { timeout: 120_000 }).toContain('no');
  serve.program.child.kill('SIGINT');
  expect((await serve.program.ended).code).toBe(0);
  expect(listRunners(home)).toEqual([]);
});

test('told to stop twice, a server kills a process that does not even hear of it', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home);
    await trainWith(serve, 'deaf', WAITS);
    await waitForLine(serve, 'deaf', 'waits');
    for (const { pid } of listRunners(home)) process.kill(pid, 'SIGSTOP');
    serve.program.child.kill('SIGINT');
    await serve.program.printed('Stopping');
    serve.program.child.kill('SIGINT');
    await serve.program.ended;
  }
  expect(listRunners(home)).toEqual([]);
  await using again = await startServe(home);
  expect(await waitFor(again, 'deaf', 'Failed')).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: LET_DOWN,
  });
});

test('a second server of the home is refused and leaves the jobs of the first alone', async () => {
  const home = await newDirectory();
  await using serve = await startServe(home);
  await trainWith(serve, 'undisturbed', WAITS);
  await waitForLine(serve, 'undisturbed', 'waits');
  const { code, stderr } = await sluice(['serve', '--port', '0'], { home });
  expect([code, stderr]).toEqual([1, expect.stringContaining('HomeLocked')]);
  goOn(home, 'undisturbed');
  await waitFor(serve, 'undisturbed', 'Completed');
  expect(await logMessages(serve, 'undisturbed')).toEqual(['waits']);
});
