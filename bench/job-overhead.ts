// What a whole training job costs beside its script: from start to Completed, against the bare `node script.ts`.
// The script does nothing. Both sides alternate in one run: `node bench/job-overhead.ts [rounds]`. Limit: 1.25 × (sandbox).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { NODE_IMAGE } from '../src/contract/images.ts';
import { DEFAULT_ACCOUNT, defaultBucket } from '../src/core/account.ts';
import { homePaths } from '../src/core/home.ts';
import { createProcessExecutor, createSandboxExecutor, type Executor } from '../src/executors/index.ts';
import { createJobs, type Jobs } from '../src/jobs/index.ts';
import { createDirectoryStore } from '../src/objects/directory/create-directory-store.ts';
import { openDatabase } from '../src/state/index.ts';

const LIMIT = 1.25;
const rounds = Number(process.argv[2] ?? 25);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const script = join(directory, 'script.ts');
writeFileSync(script, 'export {};\n');
writeFileSync(join(directory, 'package.json'), '{"type":"module"}');

try {
  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${rounds} rounds\n`);
  await compare('sandbox', createSandboxExecutor(), LIMIT);
  await compare('process', createProcessExecutor());
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function compare(name: string, executor: Executor, limit?: number): Promise<void> {
  const home = homePaths(join(directory, name));
  const state = await openDatabase(home);
  const store = createDirectoryStore(home.objects);
  const bucket = defaultBucket(DEFAULT_ACCOUNT);
  await store.createBucket(bucket);
  await store.put(bucket, 'code/script.ts', 'export {};\n');
  await store.put(bucket, 'code/package.json', '{"type":"module"}');
  const jobs = createJobs({
    state,
    stores: { store: () => store },
    executor,
    home,
    account: DEFAULT_ACCOUNT,
  });
  const own: number[] = [];
  const bare: number[] = [];
  // The first two load modules and find programs.
  for (let round = -2; round < rounds; round++) {
    const bareMs = timeBare();
    const started = performance.now();
    await jobs.training.start(request(`job-${round + 2}`, bucket));
    await untilCompleted(jobs, `job-${round + 2}`);
    const ownMs = performance.now() - started;
    // What is left of the job's directory is removed after its end; the next round waits for that.
    await jobs.training.wait(`job-${round + 2}`);
    if (round < 0) continue;
    own.push(ownMs);
    bare.push(bareMs);
  }
  await jobs.close();
  await state.close();
  report(name, median(own), median(bare), limit);
}

async function untilCompleted(jobs: Jobs, name: string): Promise<void> {
  for await (const { status, progress } of jobs.training.watch(name)) {
    if (status === 'Completed') return;
    if (status !== 'InProgress') throw new Error(progress.failureReason);
  }
}

function report(name: string, ownMs: number, bareMs: number, limit: number | undefined): void {
  const added = ownMs - bareMs;
  const verdict =
    limit === undefined ? '' : ` (limit ${limit} ×) ${ownMs / bareMs <= limit ? 'ok' : 'TOO SLOW'}`;
  console.log(
    `${name}: job ${ownMs.toFixed(1)} ms, node script.ts ${bareMs.toFixed(1)} ms, ratio ${(ownMs / bareMs).toFixed(2)}, added ${added.toFixed(1)} ms${verdict}`,
  );
}

function timeBare(): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [script], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${script} ended with ${status}`);
  return performance.now() - started;
}

function request(name: string, bucket: string): CreateTrainingJobRequest {
  return {
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Bench',
    AlgorithmSpecification: {
      TrainingImage: NODE_IMAGE,
      TrainingInputMode: 'File',
      ContainerEntrypoint: ['node', '/opt/ml/input/data/code/script.ts'],
    },
    InputDataConfig: [
      {
        ChannelName: 'code',
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/code/` } },
      },
    ],
    OutputDataConfig: { S3OutputPath: `s3://${bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
