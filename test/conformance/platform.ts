import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, ProcessingTask, TrainingTask } from '../../src/graph/types.ts';
import type { JobHandle, JobStatus, Platform, TaskInvocation } from '../../src/platforms/index.ts';
import { type PlatformModule, PlatformProcess } from '../harness/platform-process.ts';

/** A platform to test, and what the suite has to know of it. */
export interface PlatformUnderTest extends AsyncDisposable {
  readonly platform: Platform;
  /** How another process opens the same platform, with the same jobs. Absent: another variant of it asks for that. */
  readonly elsewhere?: PlatformModule;
  /** The text of an object that a job has made. */
  readonly read: (uri: string) => Promise<string>;
}

/**
 * What every platform must do. `open` makes one that holds no jobs; of variants of one platform, those that run jobs in
 * another way alone need not be asked `inProcesses`.
 */
export function testPlatform(
  name: string,
  open: () => Promise<PlatformUnderTest>,
  {
    inProcesses = true,
    failure = 'AlgorithmError: ExecuteUserScriptError:\nExitCode 3\nErrorMessage "no such luck"\nCommand "node step.ts", exit code: 1',
  }: {
    readonly inProcesses?: boolean;
    /** FailureReason of a script that ends with 3. @default as the toolkit has it, which starts the script */
    readonly failure?: string;
  } = {},
): void {
  describe(`the platform ${name}`, () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sluice-platform-'));
      await writeFile(join(directory, 'package.json'), '{"type":"module"}');
    });
    afterEach(() => rm(directory, { recursive: true }));

    async function trainingOf(source: string, more: Partial<TrainingTask> = {}): Promise<TrainingTask> {
      await writeFile(join(directory, 'step.ts'), source);
      return {
        type: 'training',
        name: 'train',
        interface: { inputs: {}, outputs: {} },
        instanceType: 'ml.m5.large',
        instanceCount: 1,
        volumeSizeInGB: 30,
        script: { entry: 'step.ts', directory, whole: false },
        environment: {},
        maxRuntimeInSeconds: 600,
        channels: {},
        hyperparameters: {},
        metricDefinitions: [],
        enableManagedSpotTraining: false,
        ...more,
      };
    }

    async function processingOf(source: string, more: Partial<ProcessingTask> = {}): Promise<ProcessingTask> {
      await writeFile(join(directory, 'step.ts'), source);
      return {
        type: 'processing',
        name: 'process',
        interface: { inputs: {}, outputs: {} },
        instanceType: 'ml.m5.large',
        instanceCount: 2,
        volumeSizeInGB: 30,
        script: { entry: 'step.ts', directory, whole: true },
        arguments: ['/opt/ml/processing'],
        environment: {},
        maxRuntimeInSeconds: 600,
        inputs: {},
        outputs: {},
        propertyFiles: {},
        ...more,
      };
    }

    async function run(platform: Platform, invocation: TaskInvocation): Promise<JobStatus> {
      const handle = await platform.submit(invocation, { idempotencyKey: invocation.jobName });
      return end(platform, handle);
    }

    async function end(platform: Platform, handle: JobHandle): Promise<JobStatus> {
      let last: JobStatus | undefined;
      for await (const status of platform.watch(handle)) last = status;
      return last as JobStatus;
    }

    function invocationOf(task: TaskInvocation['task'], inputs: Record<string, Json> = {}): TaskInvocation {
      return { task, inputs, jobName: `conformance-${task.name}` };
    }

    test('runs a training task to its outputs and metrics', async () => {
      await using opened = await open();
      await writeFile(join(directory, 'data.csv'), '1,2');
      const task = await trainingOf(
        `import { readFileSync, writeFileSync } from 'node:fs';
         const file = process.env.SM_CHANNEL_TRAIN + '/data.csv';
         writeFileSync(process.env.SM_MODEL_DIR + '/m', readFileSync(file) + process.env.SM_HP_EPOCHS);
         console.log('accuracy: 0.75');`,
        {
          channels: { train: {}, optional: {} },
          hyperparameters: { epochs: 3, rate: 0.5 },
          metricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy: ([0-9.]+)' }],
        },
      );
      const train = pathToFileURL(join(directory, 'data.csv')).href;
      const status = await run(
        opened.platform,
        invocationOf(task, { train, hyperparameters: { epochs: 7 } }),
      );
      expect(status).toMatchObject({ phase: 'succeeded', status: 'Completed', metrics: { accuracy: 0.75 } });
      expect(status.outputs['metrics']).toEqual({ accuracy: 0.75 });
      expect(status.outputs['model']).toMatch(/^s3:\/\/.*conformance-train\/output\/model\.tar\.gz$/);
      // It wrote nothing to /opt/ml/output/data.
      expect(status.outputs).not.toHaveProperty('output');
      expect(status.billableSeconds).toBeGreaterThanOrEqual(1);
      expect(status.endedAt?.getTime()).toBeGreaterThanOrEqual(status.startedAt?.getTime() as number);
    });

    test('runs a processing task on two hosts to its outputs and property files', async () => {
      await using opened = await open();
      await writeFile(join(directory, 'lib.ts'), `export const scores = { f1: 0.5 };`);
      const task = await processingOf(
        `import { writeFileSync } from 'node:fs';
         import { scores } from './lib.ts';
         writeFileSync(process.argv[2] + '/output/report/' + process.env.SM_CURRENT_HOST, 'here');
         writeFileSync(process.argv[2] + '/output/report/scores.json', JSON.stringify(scores));`,
        {
          outputs: { report: { localPath: '/opt/ml/processing/output/report', uploadMode: 'EndOfJob' } },
          propertyFiles: { scores: { outputName: 'report', path: 'scores.json' } },
        },
      );
      const status = await run(opened.platform, invocationOf(task));
      expect(status).toMatchObject({ phase: 'succeeded', outputs: { scores: { f1: 0.5 } } });
      expect(await opened.read(`${status.outputs['report'] as string}/algo-1`)).toBe('here');
      expect(await opened.read(`${status.outputs['report'] as string}/algo-2`)).toBe('here');
      expect((status.billableSeconds as number) % 2).toBe(0);
    });

    test('fails a task whose property file is not there', async () => {
      await using opened = await open();
      const task = await processingOf('', {
        outputs: { report: { localPath: '/opt/ml/processing/output/report', uploadMode: 'EndOfJob' } },
        propertyFiles: { scores: { outputName: 'report', path: 'scores.json' } },
      });
      const status = await run(opened.platform, invocationOf(task));
      expect(status).toMatchObject({ phase: 'failed', fault: 'user', outputs: {} });
      expect(status.message).toContain("Property file 'scores'");
    });

    test('tells why a task failed, and the end of its log', async () => {
      await using opened = await open();
      const task = await trainingOf(`console.error('no such luck'); process.exit(3);`);
      const status = await run(opened.platform, invocationOf(task));
      expect(status).toMatchObject({
        phase: 'failed',
        fault: 'user',
        message: failure,
        logTail: ['no such luck'],
      });
    });

    test('takes the same key twice for one job', async () => {
      await using opened = await open();
      const task = await trainingOf('');
      const first = await opened.platform.submit(invocationOf(task), { idempotencyKey: 'key' });
      const again = await opened.platform.submit(
        { ...invocationOf(task), jobName: 'another-name' },
        { idempotencyKey: 'key' },
      );
      expect(again).toEqual(first);
      expect(await end(opened.platform, again)).toMatchObject({ phase: 'succeeded' });
    });

    test('refuses a script that does not exist, and says so', async () => {
      await using opened = await open();
      const task = await trainingOf('');
      const missing = { ...task, script: { entry: 'nowhere.ts', directory, whole: false } };
      const submitted = opened.platform.submit(invocationOf(missing), { idempotencyKey: 'missing' });
      await expect(submitted).rejects.toMatchObject({ code: 'ScriptNotFound', fault: 'user' });
    });

    test('stops a job when it is cancelled, as often as one asks', async () => {
      await using opened = await open();
      const task = await trainingOf(`console.log('ready'); setInterval(() => {}, 1000);`);
      const { platform } = opened;
      const handle = await platform.submit(invocationOf(task), { idempotencyKey: 'cancel' });
      const lines: string[] = [];
      for await (const line of platform.logs(handle, { follow: true })) {
        lines.push(line.message);
        await platform.cancel(handle);
      }
      expect(lines).toEqual(['ready']);
      expect(await end(platform, handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
      await platform.cancel(handle);
      expect(await platform.status(handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
    });

    test('leaves a job that has ended as it is when it is cancelled', async () => {
      await using opened = await open();
      const { platform } = opened;
      const handle = await platform.submit(invocationOf(await trainingOf('')), { idempotencyKey: 'ended' });
      const ended = await end(platform, handle);
      await platform.cancel(handle);
      expect(await platform.status(handle)).toEqual(ended);
      expect(ended.phase).toBe('succeeded');
    });

    test('says of a job that it does not know that there is none; to cancel it is nothing', async () => {
      await using opened = await open();
      const { platform } = opened;
      const handle: JobHandle = { platform: platform.name, jobType: 'training', jobName: 'never-there' };
      const unknown = { code: 'JobNotFound' };
      await expect(platform.status(handle)).rejects.toMatchObject(unknown);
      await expect(end(platform, handle)).rejects.toMatchObject(unknown);
      await expect(Array.fromAsync(platform.logs(handle))).rejects.toMatchObject(unknown);
      await platform.cancel(handle);
      await expect(platform.status(handle)).rejects.toMatchObject(unknown);
    });

    test('submits nothing, or answers the handle, when it is aborted meanwhile', async () => {
      await using opened = await open();
      const { platform } = opened;
      const invocation = invocationOf(await trainingOf('setInterval(() => {}, 1000);'));
      const aborting = new AbortController();
      const submitting = platform.submit(invocation, { idempotencyKey: 'abort', signal: aborting.signal });
      aborting.abort();
      const handle = await submitting.catch(() => undefined);
      const named: JobHandle = {
        platform: platform.name,
        jobType: 'training',
        jobName: invocation.jobName,
      };
      const isThere = await platform.status(named).then(
        () => true,
        () => false,
      );
      expect(isThere).toBe(handle !== undefined);
      // The key is good for the one job that there is, or for a first one.
      const again = await platform.submit(invocation, { idempotencyKey: 'abort' });
      expect(again).toEqual(handle ?? again);
      await platform.cancel(again);
      expect(await end(platform, again)).toMatchObject({ phase: 'aborted' });
    });

    test('reads a log on from any of its lines, with several hosts too', async () => {
      await using opened = await open();
      const { platform } = opened;
      const task = await processingOf(
        `for (let line = 0; line < 40; line++) console.log(process.env.SM_CURRENT_HOST + ' ' + line + ' \u00e9\u{1f600}');`,
      );
      const handle = await platform.submit(invocationOf(task), { idempotencyKey: 'logs' });
      await end(platform, handle);
      const whole = await Array.fromAsync(platform.logs(handle));
      expect(new Set(whole.map(({ message }) => message)).size).toBe(80);
      for (const at of [0, 17, 41, 79]) {
        const rest = await Array.fromAsync(platform.logs(handle, { cursor: whole[at]!.cursor }));
        expect(rest.map(({ message }) => message)).toEqual(whole.slice(at + 1).map(({ message }) => message));
      }
      const foreign = Array.fromAsync(platform.logs(handle, { cursor: 'of-another:log' }));
      await expect(foreign).rejects.toMatchObject({ code: 'InvalidArgument' });
    });

    test('counts a job that ran out of time as failed', async () => {
      await using opened = await open();
      const task = await trainingOf('setInterval(() => {}, 1000);', { maxRuntimeInSeconds: 1 });
      const status = await run(opened.platform, invocationOf(task));
      expect(status).toMatchObject({ phase: 'failed', status: 'Stopped', fault: 'user' });
      expect(status.message).toContain('MaxRuntimeExceeded');
    });

    if (!inProcesses) return;

    test('runs a job on when it is detached', async () => {
      await using opened = await open();
      const { platform } = opened;
      const handle = await platform.submit(invocationOf(await trainingOf('')), { idempotencyKey: 'detach' });
      await platform.detach();
      await platform.detach();
      await using other = new PlatformProcess(elsewhereOf(opened));
      const seen = await Array.fromAsync(other.watch(handle));
      expect(seen.at(-1)).toMatchObject({ phase: 'succeeded' });
    });

    test('knows a job in every process: submitted in one that ends, watched in one that is killed, ended in a third', async () => {
      await using opened = await open();
      const task = await trainingOf(
        `let line = 0; console.log(line++); setInterval(() => console.log(line++), 20);`,
      );
      await using first = new PlatformProcess(elsewhereOf(opened));
      const handle = await first.submit(invocationOf(task), 'elsewhere');
      expect(JSON.parse(JSON.stringify(handle))).toEqual(handle);
      await first.detach();
      const lines: string[] = [];
      let cursor = '';
      await using second = new PlatformProcess(elsewhereOf(opened));
      for await (const line of second.logs(handle, { follow: true })) {
        lines.push(line.message);
        cursor = line.cursor;
        if (lines.length === 5) break;
      }
      expect(await second.status(handle)).toMatchObject({ status: 'InProgress' });
      await second.kill();
      await using third = new PlatformProcess(elsewhereOf(opened));
      for await (const line of third.logs(handle, { cursor, follow: true })) {
        lines.push(line.message);
        if (lines.length === 10) await Promise.all([third.cancel(handle), third.cancel(handle)]);
      }
      expect(lines.length).toBeGreaterThanOrEqual(10);
      expect(lines).toEqual(lines.map((_, index) => String(index)));
      const seen = await Array.fromAsync(third.watch(handle));
      expect(seen.at(-1)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
      await third.detach();
    });

    test('takes the same key at the same moment in two processes for one job, which both see to its end', async () => {
      await using opened = await open();
      const invocation = invocationOf(await trainingOf(`console.log('once');`));
      await using one = new PlatformProcess(elsewhereOf(opened));
      await using two = new PlatformProcess(elsewhereOf(opened));
      const [a, b] = await Promise.all([
        one.submit({ ...invocation, jobName: 'from-one' }, 'same'),
        two.submit({ ...invocation, jobName: 'from-two' }, 'same'),
      ]);
      expect(a).toEqual(b);
      const [seen, also] = await Promise.all([Array.fromAsync(one.watch(a)), Array.fromAsync(two.watch(b))]);
      expect(seen.at(-1)).toEqual(also.at(-1));
      expect(seen.at(-1)).toMatchObject({ phase: 'succeeded' });
      const lines = await Array.fromAsync(two.logs(a, {}));
      expect(lines.map(({ message }) => message)).toEqual(['once']);
      await one.detach();
      await two.detach();
    });
  });
}

function elsewhereOf({ elsewhere }: PlatformUnderTest): PlatformModule {
  if (!elsewhere) throw new Error('The platform does not say how another process opens it.');
  return elsewhere;
}
