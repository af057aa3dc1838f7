// Needs: bubblewrap
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  type Channel,
  type CreateTrainingJobRequest,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { openS3Gate } from '../harness/s3-gate.ts';
import { temporaryDirectories } from '../harness/sluice.ts';
import {
  describeJob,
  logMessages,
  serveTrainingRequest,
  startServe,
  statusesOf,
  trainWith,
  waitFor,
  waitForLine,
} from '../harness/sluice-serve.ts';

const newDirectory = temporaryDirectories();
const retry = { RetryStrategy: { MaximumRetryAttempts: 1 } };
const BEGUN_ANEW = ['Restarting', 'Starting', 'Downloading', 'Training', 'Uploading', 'Completed'];
const LET_DOWN = /^InternalServerError: We encountered an internal error/;

const WORKS = `
import { writeFileSync } from 'node:fs';
writeFileSync(process.env.SM_MODEL_DIR + '/weights', 'weights');
console.log('worked');
`;

/** Goes on for good, with a child that leaves its process group; neither ends when it is asked to. */
const HANGS = `
import { spawn } from 'node:child_process';
process.on('SIGTERM', () => console.log('asked to end'));
spawn('sleep', [process.env.MARK], { detached: true, stdio: 'ignore' });
console.log('hangs');
process.stderr.write('a line without its end');
setInterval(() => 0, 1000);
`;

test.each([
  ['Downloading', /^GET \/bucket\/held\/main/, ['Starting', 'Downloading']],
  ['Uploading', /^(PUT|POST) \/bucket\/out\/held/, ['Starting', 'Downloading', 'Training', 'Uploading']],
] as const)(
  'a job begins anew whose processes were all killed while it was %s',
  async (phase, held, before) => {
    const home = await newDirectory();
    await using gate = await openS3Gate();
    {
      await using serve = await startServe(home, [], { environment: gate.environment });
      gate.leadTo(serve.url);
      gate.hold(held);
      await trainWith(serve, 'held', WORKS, retry);
      await waitFor(serve, 'held', phase);
      await serve.killAll();
    }
    await using again = await startServe(home, [], { environment: gate.environment });
    gate.leadTo(again.url);
    gate.hold(undefined);
    const job = await waitFor(again, 'held', 'Completed');
    expect(statusesOf(job)).toEqual([...before, ...BEGUN_ANEW]);
    expect(
      job.SecondaryStatusTransitions?.find(({ Status }) => Status === 'Restarting')?.StatusMessage,
    ).toMatch(LET_DOWN);
    const model = { Bucket: 'bucket', Key: 'out/held/output/model.tar.gz' };
    expect((await again.s3.send(new HeadObjectCommand(model))).ContentLength).toBeGreaterThan(0);
  },
);

test.each([
  ['sandbox', 1],
  ['process', 2],
] as const)(
  'jobs whose processes were all killed while they trained are accounted for, and nothing of them runs on (%s)',
  async (executor, number) => {
    const home = await newDirectory();
    const mark = `${process.pid + 100_000}.${number}`;
    const names = ['retried', 'failed', 'stopped'];
    {
      await using serve = await startServe(home, ['--executor', executor]);
      const start = (name: string, more: Partial<CreateTrainingJobRequest>) =>
        trainWith(serve, name, HANGS, { ...more, Environment: { MARK: mark } });
      await start('retried', retry);
      await start('failed', {});
      await start('stopped', retry);
      for (const name of names) await waitForLine(serve, name, 'hangs');
      await serve.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'stopped' }));
      await waitForLine(serve, 'stopped', 'asked to end');
      // What the next attempt runs.
      await serve.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'retried/main.mjs', Body: WORKS }));
      expect(processesWith(mark)).toHaveLength(3);
      await serve.killAll();
    }
    await using again = await startServe(home, ['--executor', executor]);
    expect(processesWith(mark)).toEqual([]);
    expect(await describeJob(again, 'failed')).toMatchObject({
      TrainingJobStatus: 'Failed',
      SecondaryStatus: 'Failed',
      FailureReason: expect.stringMatching(LET_DOWN),
    });
    expect(statusesOf(await describeJob(again, 'stopped')).slice(-2)).toEqual(['Stopping', 'Stopped']);
    const retried = await waitFor(again, 'retried', 'Completed');
    const before = ['Starting', 'Downloading', 'Training'];
    expect(statusesOf(retried)).toEqual([...before, ...BEGUN_ANEW]);
    expect(retried.FailureReason).toBeUndefined();
    // The first attempt's lines stay, and those of the second one are lines of their own.
    expect(await logMessages(again, 'retried')).toEqual(expect.arrayContaining(['hangs', 'worked']));
  },
);

test('a server that is told to stop leaves jobs with an attempt left to the next one', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home);
    const polite =
      "process.on('SIGTERM', () => process.exit(0)); setInterval(() => 0, 1000); console.log('runs');";
    await trainWith(serve, 'retried', polite, retry);
    await waitForLine(serve, 'retried', 'runs');
    await serve.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'retried/main.mjs', Body: WORKS }));
    await serve.stop();
  }
  await using again = await startServe(home);
  const job = await waitFor(again, 'retried', 'Completed');
  expect(statusesOf(job).filter((status) => status === 'Restarting')).toHaveLength(1);
});

test('no FIFO is left of a job in Pipe mode whose processes were all killed', async () => {
  const home = await newDirectory();
  const input = join(home, 'jobs', 'training', 'piped', 'algo-1', 'opt', 'ml', 'input', 'data');
  {
    await using serve = await startServe(home);
    const { InputDataConfig = [] } = serveTrainingRequest('piped');
    const train = { ...(InputDataConfig[0] as Channel), ChannelName: 'train', InputMode: 'Pipe' as const };
    await trainWith(serve, 'piped', HANGS, {
      InputDataConfig: [...InputDataConfig, train],
      Environment: { MARK: '1' },
    });
    await waitForLine(serve, 'piped', 'hangs');
    expect(readdirSync(input)).toContain('train_0');
    await serve.killAll();
  }
  await using again = await startServe(home);
  await waitFor(again, 'piped', 'Failed');
  expect(readdirSync(input)).toEqual(['code']);
});

test('a job that has no attempt left fails at the second loss', async () => {
  const home = await newDirectory();
  for (const attempt of [1, 2]) {
    await using serve = await startServe(home);
    if (attempt === 1) await trainWith(serve, 'unlucky', HANGS, { ...retry, Environment: { MARK: '1' } });
    await waitFor(serve, 'unlucky', 'Training');
    await expect
      .poll(async () => (await logMessages(serve, 'unlucky')).filter((line) => line === 'hangs'), {
        timeout: 120_000,
      })
      .toHaveLength(attempt);
    await serve.killAll();
  }
  await using again = await startServe(home);
  const job = await describeJob(again, 'unlucky');
  expect(job).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: expect.stringMatching(LET_DOWN) });
});

/** Living processes whose command line holds a text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}
