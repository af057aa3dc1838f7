// The agent's work against the local data plane's: bringing 4 GiB and 20,000 small objects in from S3, and packing 1 GiB,
// alternately: `node bench/agent.ts [rounds] [part]`; part 0.1 is a tenth of it all. At most 1.1× of its time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, openAgentJob, prepare, readAgentSettings, toldEnd } from '../src/agent/index.ts';
import { prepareInput, uploadArchive } from '../src/channels/index.ts';
import { type AgentDocument, sealAgentDocument } from '../src/contract/agent-document.ts';
import { AGENT_VARIABLES, agentUris } from '../src/contract/agent-places.ts';
import { newAgentKey } from '../src/contract/agent-result.ts';
import { createDirectoryStore } from '../src/objects/directory/create-directory-store.ts';
import { makeFiles } from './support/make-files.ts';
import { printMachine, report } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 3);
const part = Number(process.argv[3] ?? 1);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const store = createDirectoryStore(join(directory, 'objects'));
const stores = { store: () => store };
const BUCKET = 'bench';

const document: AgentDocument = {
  version: 1,
  jobType: 'training',
  attempt: 'bench',
  arn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/bench',
  region: 'us-east-1',
  results: `s3://${BUCKET}/staging/`,
  request: {
    TrainingJobName: 'bench',
    RoleArn: 'arn:aws:iam::123456789012:role/Bench',
    AlgorithmSpecification: { TrainingImage: 'example/train:1', TrainingInputMode: 'File' },
    InputDataConfig: ['large', 'small'].map((name) => ({
      ChannelName: name,
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/${name}/` } },
    })),
    OutputDataConfig: { S3OutputPath: `s3://${BUCKET}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  },
};

try {
  printMachine();
  await store.createBucket(BUCKET);
  const bucket = join(directory, 'objects', BUCKET);
  makeFiles({ directory: join(bucket, 'large'), count: 8, bytesEach: Math.round(2 ** 29 * part) });
  makeFiles({ directory: join(bucket, 'small'), count: Math.round(20_000 * part), bytesEach: 4096 });
  const inMs: { own: number[]; other: number[] } = { own: [], other: [] };
  const outMs: { own: number[]; other: number[] } = { own: [], other: [] };
  for (let round = 0; round < rounds; round++) {
    const other = await timeDataPlane(join(directory, 'plain'));
    const own = await timeAgent(join(directory, 'agent'));
    inMs.own.push(own.inMs);
    inMs.other.push(other.inMs);
    outMs.own.push(own.outMs);
    outMs.other.push(other.outMs);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  // At most 1.1× of the other's time.
  const atLeast = 0.91;
  const shared = { other: 'the local data plane', atLeast, peakBytes };
  report({
    work: `prepare: ${4 * part} GiB and ${20_000 * part} objects`,
    ownMs: inMs.own,
    otherMs: inMs.other,
    ...shared,
  });
  report({ work: `collect: a model of ${part} GiB`, ownMs: outMs.own, otherMs: outMs.other, ...shared });
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function timeAgent(place: string): Promise<{ inMs: number; outMs: number }> {
  const { text, digest } = sealAgentDocument(document);
  await store.put(BUCKET, 'staging/job.json', text);
  const settings = readAgentSettings(
    {
      [AGENT_VARIABLES.document]: agentUris(document.results).document,
      [AGENT_VARIABLES.digest]: digest,
      [AGENT_VARIABLES.key]: newAgentKey(),
    },
    { mlDirectory: join(place, 'ml'), directory: join(place, 'own') },
  );
  const note = (line: string): void => console.error(line);
  const inMs = await time(async () => {
    const failed = await prepare(await openAgentJob({ settings, stores, note }));
    if (failed) throw new Error(failed.failureReason);
  });
  makeModel(join(place, 'ml', 'model'));
  const outMs = await time(async () => {
    const end = toldEnd({ exitCode: 0, stopped: false });
    const { status } = await collect(await openAgentJob({ settings, stores, note }), end);
    if (status !== 'Completed') throw new Error(status);
  });
  rmSync(place, { recursive: true });
  return { inMs, outMs };
}

/** What a job on this machine does where it cannot be shown its data: both channels at once, then the model. */
async function timeDataPlane(place: string): Promise<{ inMs: number; outMs: number }> {
  mkdirSync(join(place, 'data'), { recursive: true });
  const inMs = await time(async () => {
    await Promise.all(
      ['large', 'small'].map((name) =>
        prepareInput({
          channel: { name, uri: `s3://${BUCKET}/${name}/`, inputMode: 'File' },
          host: { index: 0, count: 1 },
          target: `/opt/ml/input/data/${name}`,
          directory: join(place, 'data', name),
          mounts: false,
          stores,
        }),
      ),
    );
  });
  makeModel(join(place, 'model'));
  const outMs = await time(async () => {
    await uploadArchive({
      directory: join(place, 'model'),
      uri: `s3://${BUCKET}/out/plain/model.tar.gz`,
      stores,
    });
  });
  rmSync(place, { recursive: true });
  return { inMs, outMs };
}

function makeModel(path: string): void {
  makeFiles({ directory: path, count: 4, bytesEach: Math.round(2 ** 28 * part) });
}

async function time(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
