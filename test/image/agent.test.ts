// Needs: podman
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentDocument, sealAgentDocument } from '../../src/contract/agent-document.ts';
import { agentEnvironment } from '../../src/contract/agent-environment.ts';
import { AGENT_VARIABLES, agentUris } from '../../src/contract/agent-places.ts';
import { newAgentKey, openAgentResult } from '../../src/contract/agent-result.ts';
import { archiveFiles } from '../harness/archive.ts';
import { importNodeBase, openPodman, type Podman, IMAGE as USER_IMAGE } from '../harness/containers.ts';
import { startS3, type TestS3 } from '../harness/s3-server.ts';
import { temporaryDirectories } from '../harness/sluice.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporaryDirectory = temporaryDirectories();
const BASE = 'localhost/sluice-node:1';
const AGENT = 'localhost/sluice/agent:1';
const MAX_BYTES = 200 * 1024 * 1024;

let podman: Podman;
let s3: TestS3;

beforeAll(async () => {
  podman = await openPodman();
  importNodeBase(podman.run, BASE);
  execFileSync('node', ['scripts/image.mjs', '--tag', AGENT, '--base', BASE, '--engine', 'podman'], {
    cwd: root,
    stdio: 'pipe',
  });
  s3 = await startS3();
  await s3.store.createBucket('bucket');
}, 1_800_000);
afterAll(async () => {
  await s3?.close();
  await podman?.[Symbol.asyncDispose]();
});

test('the image has less than 200 MB, compressed', async () => {
  const file = join(await temporaryDirectory(), 'image.tar');
  podman.run('save', '--output', file, AGENT);
  const gzip = spawn('gzip', ['-1', '--stdout', file]);
  let bytes = 0;
  gzip.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  await once(gzip, 'close');
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(MAX_BYTES);
}, 900_000);

const KEPT = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'].flatMap((name) => ['--cap-add', name]);

describe.each([
  ['root with three capabilities, around a user whom nobody knows', ['--user', '0', ...KEPT], '4711:4711'],
  ['the user of the image', ['--user', '4711:4711'], '4711:4711'],
])('the agent as %s', (name, agentUser, user) => {
  test('prepares, feeds and collects a job of an image that it does not know', async () => {
    const jobName = name.split(' ').join('-').slice(0, 20);
    const { document, key, digest } = await submit(jobName);
    const places = await temporaryDirectory();
    await chmod(places, 0o755);
    for (const place of ['ml', 'agent']) {
      await mkdir(join(places, place));
      await chmod(join(places, place), 0o777);
    }
    const ml = ['--volume', `${join(places, 'ml')}:/opt/ml`];
    const variables = {
      [AGENT_VARIABLES.document]: agentUris(document.results).document,
      [AGENT_VARIABLES.digest]: digest,
      [AGENT_VARIABLES.key]: key,
      SLUICE_S3: s3.url,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    };
    const agent = (...verb: string[]): string[] => [
      '--network=host',
      '--read-only',
      '--cap-drop=ALL',
      ...agentUser,
      ...ml,
      `--volume=${join(places, 'agent')}:/var/lib/sluice`,
      '--tmpfs=/tmp',
      ...environmentArguments(variables),
      AGENT,
      'agent',
      ...verb,
    ];
    await run('run', '--rm', ...agent('prepare'));
    await run(
      'run',
      '--detach',
      '--name',
      `feed-${jobName}`,
      ...agent('feed', '--collect', '--exit-code', '0'),
    );
    const environment = agentEnvironment(document, 'algo-1', { cpus: 1, gpus: 0 });
    const printed = await run(
      'run',
      '--rm',
      '--cap-drop=ALL',
      `--user=${user}`,
      ...ml,
      ...environmentArguments(environment),
      USER_IMAGE,
      'train',
    );
    expect(printed).toContain('read 1,2');
    expect(printed).not.toContain(key);
    await run('stop', '--time', '120', `feed-${jobName}`);
    expect(podman.run('inspect', '--format', '{{.State.ExitCode}}', `feed-${jobName}`)).toBe('0');
    const result = openAgentResult(await bytesOf(`staging/${jobName}/result.json`), {
      key,
      digest,
      attempt: 'a',
    });
    expect(result).toMatchObject({ status: 'Completed', jobName });
    const model = await archiveFiles(await bytesOf(`out/${jobName}/output/model.tar.gz`));
    expect(model).toEqual({ weights: '1,2' });
    expect((await bytesOf(`checkpoints/${jobName}/state`)).toString()).toBe('saved');
    await rm(places, { recursive: true, force: true });
  }, 900_000);
});

async function submit(name: string) {
  await s3.store.put('bucket', `data/${name}/rows.csv`, '1,2');
  const document: AgentDocument = {
    version: 1,
    jobType: 'training',
    attempt: 'a',
    arn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/${name}`,
    region: 'us-east-1',
    results: `s3://bucket/staging/${name}/`,
    request: {
      TrainingJobName: name,
      RoleArn: 'arn:aws:iam::123456789012:role/Test',
      AlgorithmSpecification: { TrainingImage: USER_IMAGE, TrainingInputMode: 'Pipe' },
      InputDataConfig: [
        {
          ChannelName: 'train',
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/data/${name}/` } },
        },
      ],
      CheckpointConfig: { S3Uri: `s3://bucket/checkpoints/${name}/` },
      OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      Environment: {
        TRAIN:
          'env; cat /opt/ml/input/data/train_0 > /tmp/rows; echo "read $(cat /tmp/rows)"; cp /tmp/rows /opt/ml/model/weights; printf saved > /opt/ml/checkpoints/state',
      },
    },
  };
  const { text, digest } = sealAgentDocument(document);
  await s3.store.put('bucket', `staging/${name}/job.json`, text);
  return { document, digest, key: newAgentKey() };
}

/** Without blocking this process, which is the store that the agent asks. */
async function run(...parameters: readonly string[]): Promise<string> {
  return (await promisify(execFile)('podman', parameters)).stdout;
}

function environmentArguments(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

async function bytesOf(key: string): Promise<Buffer> {
  const { body } = await s3.store.get('bucket', key);
  return Buffer.concat(await Array.fromAsync(body));
}
