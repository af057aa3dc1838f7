import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { type ContainerEnd, collect, feed, feedAndCollect, prepare, toldEnd } from '../../src/agent/index.ts';
import { readMetrics } from '../../src/agent/read-metrics.ts';
import { AGENT_VARIABLES } from '../../src/contract/agent-places.ts';
import { agentStopPath, newAgentKey, seal, sealAgentResult } from '../../src/contract/agent-result.ts';
import { archiveFiles } from '../harness/archive.ts';
import { type Elsewhere, submitElsewhere } from '../harness/elsewhere.ts';
import { channel, keysBelow, objectBytes, trainingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';

async function submit(
  fixture: JobsFixture,
  more: Partial<CreateTrainingJobRequest> = {},
  environment: Record<string, string> = {},
): Promise<Elsewhere> {
  const request = await trainingRequest(fixture, 'job', '', more);
  return submitElsewhere(
    fixture,
    {
      version: 1,
      jobType: 'training',
      attempt: 'attempt-1',
      arn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/job',
      region: 'us-east-1',
      results: `s3://${fixture.bucket}/staging/job/`,
      hostsSeconds: 0,
      request,
    },
    environment,
  );
}

const ENDED: ContainerEnd = { exitCode: 0, stopped: false };

describe("what a job writes in its volume reaches nothing of the agent's", () => {
  test('links in the places of outputs, failure file and checkpoints lead nowhere', async () => {
    await using fixture = await openJobs();
    const checkpoints = { S3Uri: `s3://${fixture.bucket}/checkpoints/` };
    await using job = await submit(fixture, { CheckpointConfig: checkpoints });
    const agent = await job.open('algo-1');
    await prepare(agent);
    const ended = new AbortController();
    const feeding = feed(await job.open('algo-1'), ended.signal);
    const ml = job.ml('algo-1');
    const secret = join(agent.settings.directory, 'secret');
    writeFileSync(secret, 'secret');
    for (const name of ['model', 'output/data', 'checkpoints']) {
      rmSync(join(ml, name), { recursive: true });
      symlinkSync(agent.settings.directory, join(ml, name));
    }
    symlinkSync(secret, join(ml, 'output/failure'));
    ended.abort();
    await feeding;
    await collect(await job.open('algo-1'), toldEnd({ exitCode: 1, stopped: false }));
    expect(await job.result()).toMatchObject({
      status: 'Failed',
      failureReason: 'AlgorithmError: , exit code: 1',
    });
    expect(await keysBelow(fixture, 'out/')).toEqual([]);
    expect(await keysBelow(fixture, 'checkpoints/')).toEqual([]);
  });

  test('single links in the model are left out', async () => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    await prepare(await job.open('algo-1'));
    writeFileSync(join(job.ml('algo-1'), 'model', 'weights'), 'w');
    symlinkSync('/etc/passwd', join(job.ml('algo-1'), 'model', 'passwords'));
    await collect(await job.open('algo-1'), toldEnd(ENDED));
    const model = await archiveFiles(await objectBytes(fixture, 'out/job/output/model.tar.gz'));
    expect(model).toEqual({ weights: 'w' });
    expect(job.notes.join()).toContain("'passwords' was left out");
  });
});

describe('only what the agent signs is a result', () => {
  test.each([
    ['nothing', () => undefined, 'there is none'],
    ['a result without a signature', (job: Elsewhere) => JSON.stringify(succeeded(job)), 'not in the form'],
    [
      'a result of another key',
      (job: Elsewhere) => sealAgentResult(succeeded(job), newAgentKey()),
      'signature',
    ],
    [
      'a result of an attempt before',
      (job: Elsewhere) => sealAgentResult({ ...succeeded(job), attempt: 'attempt-0' }, job.key),
      'another attempt',
    ],
  ])('%s is none', async (_, text, message) => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    const forged = text(job);
    if (forged) await fixture.store.put(fixture.bucket, 'staging/job/result.json', forged);
    await expect(job.result()).rejects.toThrow(message);
  });

  test("what looks like another host's record counts as none, and the job fails", async () => {
    await using fixture = await openJobs();
    const two = { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 } as const;
    await using job = await submit(fixture, { ResourceConfig: two });
    await prepare(await job.open('algo-1'));
    const record = {
      attempt: 'attempt-1',
      digest: job.digest,
      host: 'algo-2',
      end: ENDED,
      metrics: [],
      parts: {},
    };
    await fixture.store.put(
      fixture.bucket,
      'staging/job/hosts/algo-2.json',
      seal('host', record, newAgentKey()),
    );
    await collect(await job.open('algo-1'), toldEnd(ENDED));
    expect(await job.result()).toMatchObject({
      status: 'Failed',
      failureReason: expect.stringContaining('No results came from the hosts algo-2.'),
    });
  });

  test('what another host has left to be merged counts only as it was written', async () => {
    await using fixture = await openJobs();
    const two = { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 } as const;
    await using job = await submit(fixture, { ResourceConfig: two });
    for (const host of ['algo-1', 'algo-2']) {
      await prepare(await job.open(host));
      writeFileSync(join(job.ml(host), 'model', host), host);
    }
    await collect(await job.open('algo-2'), toldEnd(ENDED));
    const other = await objectBytes(fixture, 'staging/job/hosts/algo-2/model.tar.gz');
    await fixture.store.put(
      fixture.bucket,
      'staging/job/hosts/algo-2/model.tar.gz',
      Buffer.concat([other, other]),
    );
    await collect(await job.open('algo-1'), toldEnd(ENDED));
    expect(await job.result()).toMatchObject({ status: 'Failed' });
    expect(await keysBelow(fixture, 'out/')).toEqual([]);
  });

  test('a document that was changed since the job was submitted is not carried out', async () => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    await fixture.store.put(fixture.bucket, 'staging/job/job.json', '{"version": 1}');
    await expect(job.open('algo-1')).rejects.toThrow('it was changed since the job was submitted');
  });
});

describe('a container whose end is no success', () => {
  test.each([
    ['was being ended, and ended with 0', { exitCode: 0, stopped: true }, { status: 'Stopped' }],
    ['never began', { stopped: true }, { status: 'Stopped' }],
    ['ended nobody knows how', { stopped: false }, { status: 'Failed' }],
    [
      'had no memory left',
      { exitCode: 137, stopped: false, reason: 'OOMKilled' },
      { status: 'Failed', failureReason: 'AlgorithmError: OOMKilled, exit code: 137' },
    ],
  ])('%s', async (_, end, result) => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    await prepare(await job.open('algo-1'));
    await collect(await job.open('algo-1'), toldEnd(end));
    expect(await job.result()).toMatchObject(result);
  });

  test('was being ended, as the platform has told the agent that feeds', async () => {
    await using fixture = await openJobs();
    const port = 20_000 + (process.pid % 20_000);
    await using job = await submit(fixture, {}, { [AGENT_VARIABLES.port]: String(port) });
    await prepare(await job.open('algo-1'));
    const ended = new AbortController();
    const feeding = feed(await job.open('algo-1'), ended.signal);
    const ask = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => ({ status: 0 }))).status;
    await expect.poll(() => ask('/ready')).toBe(200);
    expect(await ask('/stopping/guessed')).toBe(404);
    expect(await ask(agentStopPath(job.key))).toBe(200);
    ended.abort();
    await feeding;
    await collect(await job.open('algo-1'), toldEnd(ENDED));
    expect(await job.result()).toMatchObject({ status: 'Stopped' });
  });

  test.each(['over HTTP', 'by a file'])(
    'heeds no signal to end, as is told %s: what there is once its grace is over is taken',
    async (told) => {
      await using fixture = await openJobs();
      const port = 20_000 + (process.pid % 12_000);
      await using job = await submit(fixture, {}, { [AGENT_VARIABLES.port]: String(port) });
      await prepare(await job.open('algo-1'));
      const agent = await job.open('algo-1');
      const never = new AbortController();
      const feeding = feed(
        { ...agent, settings: { ...agent.settings, stopGraceSeconds: 0.1 } },
        never.signal,
      );
      const stopUrl = `http://127.0.0.1:${port}${agentStopPath(job.key)}`;
      const ask = async (): Promise<number> => (await fetch(stopUrl).catch(() => ({ status: 0 }))).status;
      writeFileSync(join(job.ml('algo-1'), 'model/m'), 'so far');
      const tell = async (): Promise<boolean> => {
        if (told === 'over HTTP') return (await ask()) === 200;
        writeFileSync(join(agent.settings.directory, 'ending'), '');
        return true;
      };
      await expect.poll(tell, { timeout: 60_000 }).toBe(true);
      await feeding;
      await collect(await job.open('algo-1'), toldEnd({ stopped: true }));
      expect(await job.result()).toMatchObject({
        status: 'Stopped',
        modelArtifacts: expect.stringContaining('model.tar.gz') as string,
      });
    },
  );

  test('read a channel that broke while it was fed', async () => {
    await using fixture = await openJobs();
    await fixture.store.put(fixture.bucket, 'data/a.gz', 'no gzip');
    const broken = channel(fixture, 'train', 'data/', { InputMode: 'Pipe', CompressionType: 'Gzip' });
    await using job = await submit(fixture, { InputDataConfig: [broken] });
    await prepare(await job.open('algo-1'));
    const fifo = join(job.ml('algo-1'), 'input/data/train_0');
    expect(existsSync(fifo)).toBe(true);
    const ended = new AbortController();
    const feeding = feed(await job.open('algo-1'), ended.signal);
    const { readFile } = await import('node:fs/promises');
    expect((await readFile(fifo)).length).toBe(0);
    await expect.poll(() => job.notes.join()).toContain('Data download failed');
    ended.abort();
    await feeding;
    await collect(await job.open('algo-1'), toldEnd(ENDED));
    expect(await job.result()).toMatchObject({
      status: 'Failed',
      failureReason: expect.stringContaining("ClientError: Data download failed for channel 'train'"),
    });
  });

  test('was fed by an agent that has gone', async () => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    const agent = await job.open('algo-1');
    await prepare(agent);
    writeFileSync(join(agent.settings.directory, 'feeding.json'), 'true');
    await collect(await job.open('algo-1'), toldEnd(ENDED));
    expect(await job.result()).toMatchObject({
      status: 'Failed',
      failureReason: expect.stringContaining('InternalServerError'),
    });
  });
});

describe('what a job does to the machine around it', () => {
  test('a full disk, which takes no word of the agent, leaves a result all the same', async () => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    await prepare(await job.open('algo-1'));
    writeFileSync(join(job.ml('algo-1'), 'model', 'm'), 'm');
    const agent = await job.open('algo-1');
    for (const name of ['feeding', 'fed'])
      symlinkSync('/dev/full', join(agent.settings.directory, `${name}.json.part`));
    symlinkSync('/dev/full', join(agent.settings.directory, 'ready'));
    const ended = AbortSignal.abort();
    await feedAndCollect(agent, toldEnd(ENDED), ended);
    expect(await job.result()).toMatchObject({ status: 'Completed' });
  });

  test('where nobody can tell any more how the container ended, nobody waits for it', async () => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    await prepare(await job.open('algo-1'));
    const gone = (): Promise<never> => Promise.reject(new Error('ECS does not tell.'));
    const source = { end: gone, watch: gone, log: () => undefined };
    await feedAndCollect(await job.open('algo-1'), source, new AbortController().signal);
    expect(await job.result()).toMatchObject({
      status: 'Failed',
      failureReason: expect.stringMatching(/^InternalServerError.*ECS does not tell/),
    });
  });

  test('a log without an end is read as far as the limit, and its metrics with it', async () => {
    await using fixture = await openJobs();
    const AlgorithmSpecification = {
      TrainingImage: 'example/train:1',
      TrainingInputMode: 'File' as const,
      MetricDefinitions: [{ Name: 'loss', Regex: 'loss=([0-9]+)' }],
    };
    await using job = await submit(fixture, { AlgorithmSpecification });
    const agent = await job.open('algo-1');
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let loss = 0; ; loss++) yield Buffer.from(`loss=${loss} `.padEnd(99) + '\n');
    }
    const source = { ...toldEnd(ENDED), log: endless };
    expect(await readMetrics(agent, source, 1000)).toMatchObject([{ name: 'loss', value: 9 }]);
    expect(job.notes.join()).toContain('The log has more than 1000 bytes');
    expect((await objectBytes(fixture, 'staging/job/logs/algo-1.log')).length).toBe(1000);
  });

  test('a pipe in the place of the failure file holds nobody, and a large one is cut', async () => {
    await using fixture = await openJobs();
    await using job = await submit(fixture);
    await prepare(await job.open('algo-1'));
    const failure = join(job.ml('algo-1'), 'output/failure');
    execFileSync('mkfifo', [failure, join(job.ml('algo-1'), 'model', 'pipe')]);
    await collect(await job.open('algo-1'), toldEnd({ exitCode: 1, stopped: false }));
    expect(await job.result()).toMatchObject({ failureReason: 'AlgorithmError: , exit code: 1' });
    rmSync(failure);
    writeFileSync(failure, 'x'.repeat(5_000_000));
    await collect(await job.open('algo-1'), toldEnd({ exitCode: 1, stopped: false }));
    const { failureReason = '' } = await job.result();
    expect(failureReason).toMatch(/^AlgorithmError: x+/);
    expect(failureReason.length).toBeLessThanOrEqual(1024);
  });
});

test('the environment of the container is written for the platform, a line for each variable', async () => {
  await using fixture = await openJobs();
  await using job = await submit(fixture, { Environment: { MINE: 'a b' } });
  const agent = await job.open('algo-1');
  const environmentFile = join(agent.settings.directory, 'job.env');
  expect(await prepare(agent, { environmentFile, cpus: 7 })).toBeUndefined();
  expect(readFileSync(environmentFile, 'utf8').split('\n')).toEqual(
    expect.arrayContaining(["MINE='a b'", "SM_NUM_CPUS='7'", "SM_CURRENT_HOST='algo-1'"]),
  );
});

function succeeded({ digest, document }: Elsewhere) {
  return {
    version: 1,
    jobName: 'job',
    attempt: document.attempt,
    digest,
    status: 'Completed',
    hosts: [],
    endedAt: 1,
  } as const;
}
