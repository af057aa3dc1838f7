// Needs: bubblewrap
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateProcessingJobRequest, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import type { AgentDocument } from '../../src/contract/agent-document.ts';
import { pollUntil } from '../../src/core/poll-until.ts';
import { archiveFiles } from '../harness/archive.ts';
import { runElsewhere, submitElsewhere } from '../harness/elsewhere.ts';
import {
  channel,
  keysBelow,
  objectBytes,
  processingRequest,
  trainingRequest,
} from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';

/** Tells all that a job sees: its environment, every file below /opt/ml, where it is; FIFOs are read. */
const SEES = `
  import { readdirSync, readFileSync, writeFileSync, mkdirSync, lstatSync } from 'node:fs';
  const seen = {};
  const look = (path) => {
    for (const name of readdirSync(path).sort()) {
      const at = path + '/' + name;
      const stats = lstatSync(at);
      if (stats.isDirectory()) { seen[at + '/'] = (stats.mode & 0o700).toString(8); look(at); }
      else if (stats.isFIFO()) seen[at.replace(/_\\d+$/, '_N')] = readFileSync(at, 'utf8');
      else seen[at] = (stats.mode & 0o700).toString(8) + ' ' + readFileSync(at, 'utf8');
    }
  };
  look('/opt/ml');
  const { SANDBOX, ...env } = process.env;
  const told = JSON.stringify({ seen, env, argv: process.argv.slice(2), cwd: process.cwd() }, null, 1);
`;

const TRAINS = `${SEES}
  const host = process.env.SM_CURRENT_HOST;
  writeFileSync('/opt/ml/output/data/' + host + '.json', told);
  mkdirSync('/opt/ml/model/deep/er', { recursive: true });
  writeFileSync('/opt/ml/model/deep/er/weights', 'w'.repeat(100_000));
  writeFileSync('/opt/ml/model/' + host, host);
  writeFileSync('/opt/ml/model/shared', host);
  console.log('loss=0.5;'); console.error('loss=0.25;');
`;

const PROCESSES = `${SEES}
  writeFileSync('/opt/ml/processing/out/seen.json', told);
  mkdirSync('/opt/ml/processing/out/more', { recursive: true });
  writeFileSync('/opt/ml/processing/out/more/rows.csv', '1,2');
  writeFileSync('/opt/ml/processing/live/now.txt', 'now');
  writeFileSync('/opt/ml/output/message', 'all rows are there');
`;

const FAILS = `import { writeFileSync } from 'node:fs';
  writeFileSync('/opt/ml/output/failure', 'out of cheese');
  writeFileSync('/opt/ml/output/data/partial', 'p'); writeFileSync('/opt/ml/model/weights', 'w');
  process.exit(3);`;

const CHECKPOINTS = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
  const before = readFileSync('/opt/ml/checkpoints/state', 'utf8');
  process.on('SIGTERM', () => {
    writeFileSync('/opt/ml/checkpoints/state', before + '+1');
    writeFileSync('/opt/ml/model/weights', 'half');
    process.exit(0);
  });
  writeFileSync('/opt/ml/ready', '');
  setInterval(() => undefined, 1000);`;

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';
const CODE = '/opt/ml/input/data/code/main.ts';

type Strings = Record<string, string>;

/** Everything below a prefix, archives by what is in them. */
async function contents(fixture: JobsFixture, prefix: string): Promise<Strings> {
  const all: Strings = {};
  for (const key of await keysBelow(fixture, prefix)) {
    const bytes = await objectBytes(fixture, key);
    const files = key.endsWith('.tar.gz') ? await archiveFiles(bytes) : { '': bytes.toString('utf8') };
    for (const [name, text] of Object.entries(files)) {
      all[`${key.slice(prefix.length)} ${name}`] = text.replaceAll(
        /(s3:\/\/[^/"]+)\/(?:here|elsewhere)/g,
        '$1/place',
      );
    }
  }
  return all;
}

function trainingDocument(fixture: JobsFixture, request: CreateTrainingJobRequest): AgentDocument {
  return {
    version: 1,
    jobType: 'training',
    attempt: 'attempt-1',
    arn: `${ARN}:training-job/${request.TrainingJobName}`,
    region: 'us-east-1',
    results: `s3://${fixture.bucket}/staging/${request.TrainingJobName}/`,
    request,
  };
}

/** The same job here and elsewhere, what each left, and what is said of it. */
async function trainTwice(
  fixture: JobsFixture,
  source: string,
  more: Partial<CreateTrainingJobRequest> = {},
  stopOnce?: string,
) {
  const request = await trainingRequest(fixture, 'twin', source, more);
  const at = (place: string) => ({
    ...request,
    OutputDataConfig: { ...request.OutputDataConfig, S3OutputPath: `s3://${fixture.bucket}/${place}` },
  });
  await using job = await submitElsewhere(fixture, trainingDocument(fixture, at('elsewhere')));
  const result = await runElsewhere(job, { command: ['node', CODE], stopOnce });
  await fixture.jobs.training.start(at('here'));
  if (stopOnce !== undefined) {
    const file = join(fixture.home, 'jobs', 'training', 'twin', 'algo-1', 'opt', 'ml', stopOnce);
    await pollUntil(() => existsSync(file), { everyMs: 20, limitMs: 60_000 });
    await fixture.jobs.training.stop('twin');
  }
  const local = await fixture.jobs.training.wait('twin');
  return {
    result,
    local,
    here: await contents(fixture, 'here/'),
    elsewhere: await contents(fixture, 'elsewhere/'),
    notes: job.notes,
  };
}

describe('a training job elsewhere', () => {
  test.each(['File', 'FastFile', 'Pipe'] as const)(
    'sees, makes and says the same as here, with a channel in %s mode',
    async (mode) => {
      await using fixture = await openJobs();
      await fixture.store.put(fixture.bucket, 'data/a.csv', '1,2');
      await fixture.store.put(fixture.bucket, 'data/deep/b.csv', '3,4');
      const { result, local, here, elsewhere, notes } = await trainTwice(fixture, TRAINS, {
        HyperParameters: { epochs: '3', 'learning-rate': '0.1' },
        Environment: { MINE: 'yes' },
        AlgorithmSpecification: {
          TrainingInputMode: 'File',
          MetricDefinitions: [{ Name: 'loss', Regex: 'loss=([0-9.]+);' }],
        },
        CheckpointConfig: { S3Uri: `s3://${fixture.bucket}/checkpoints/` },
        InputDataConfig: [channel(fixture, 'train', 'data/', { InputMode: mode })],
      });
      expect(local.FailureReason).toBeUndefined();
      expect(Object.keys(here)).toContain('twin/output/model.tar.gz deep/er/weights');
      expect(elsewhere).toEqual(here);
      expect(result).toMatchObject({
        status: 'Completed',
        jobName: 'twin',
        hosts: [{ name: 'algo-1', exitCode: 0 }],
        modelArtifacts: `s3://${fixture.bucket}/elsewhere/twin/output/model.tar.gz`,
        outputArtifacts: `s3://${fixture.bucket}/elsewhere/twin/output/output.tar.gz`,
      });
      const [metric] = local.FinalMetricDataList ?? [];
      expect(result.metrics).toMatchObject([{ name: metric?.MetricName, value: metric?.Value }]);
      expect(notes.join()).toMatch(
        mode === 'FastFile' ? /'train': its data was copied before the start/ : /^$/,
      );
    },
  );

  test('fails with the same words, and leaves what it had by then', async () => {
    await using fixture = await openJobs();
    const { result, local, here, elsewhere } = await trainTwice(fixture, FAILS);
    expect(result).toMatchObject({
      status: 'Failed',
      failedHost: 'algo-1',
      failureReason: local.FailureReason,
    });
    expect(result.failureReason).toBe('AlgorithmError: out of cheese, exit code: 3');
    expect(elsewhere).toEqual(here);
    expect(Object.keys(here)).toEqual(['twin/output/output.tar.gz partial']);
  });

  test('that is stopped has ended well, has its model, and saves checkpoints, which were restored', async () => {
    await using fixture = await openJobs();
    await fixture.store.put(fixture.bucket, 'checkpoints/state', '0');
    const { result, local, here, elsewhere } = await trainTwice(
      fixture,
      CHECKPOINTS,
      { CheckpointConfig: { S3Uri: `s3://${fixture.bucket}/checkpoints/` } },
      'ready',
    );
    expect(result).toMatchObject({ status: 'Stopped', hosts: [{ name: 'algo-1', exitCode: 0 }] });
    expect(local.TrainingJobStatus).toBe('Stopped');
    expect(elsewhere).toEqual(here);
    expect(Object.keys(here)).toEqual(['twin/output/model.tar.gz weights']);
    expect((await objectBytes(fixture, 'checkpoints/state')).toString()).toBe('0+1+1');
  });

  test('on two hosts has its shards, and one model of what both made', async () => {
    await using fixture = await openJobs();
    for (const key of ['a', 'b', 'c']) await fixture.store.put(fixture.bucket, `data/${key}`, key);
    const { result, local, here, elsewhere } = await trainTwice(fixture, TRAINS, {
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
      InputDataConfig: [
        {
          ChannelName: 'train',
          DataSource: {
            S3DataSource: {
              S3DataType: 'S3Prefix',
              S3Uri: `s3://${fixture.bucket}/data/`,
              S3DataDistributionType: 'ShardedByS3Key',
            },
          },
        },
      ],
    });
    expect(local.FailureReason).toBeUndefined();
    expect(elsewhere).toEqual(here);
    expect(here['twin/output/model.tar.gz shared']).toBe('algo-1');
    expect(here['twin/output/output.tar.gz algo-2.json']).toContain('/opt/ml/input/data/train/b');
    expect(result).toMatchObject({ status: 'Completed', hosts: [{ name: 'algo-1' }, { name: 'algo-2' }] });
  });

  test('whose data is not there fails before its container begins', async () => {
    await using fixture = await openJobs();
    const { result, local } = await trainTwice(fixture, TRAINS, {
      InputDataConfig: [channel(fixture, 'train', 'nothing/here/')],
    });
    expect(result).toMatchObject({ status: 'Failed', failureReason: local.FailureReason });
    expect(result.failureReason).toContain("ClientError: Data download failed: Channel 'train'");
  });
});

test('a processing job elsewhere sees, makes and says the same as here', async () => {
  await using fixture = await openJobs();
  await fixture.store.put(fixture.bucket, 'data/a.csv', '1,2');
  const uri = (place: string, name: string) => `s3://${fixture.bucket}/${place}/${name}`;
  const output = (place: string, name: string, S3UploadMode: 'EndOfJob' | 'Continuous') => ({
    OutputName: name,
    S3Output: { S3Uri: uri(place, name), LocalPath: `/opt/ml/processing/${name}`, S3UploadMode },
  });
  const at = (place: string): Promise<CreateProcessingJobRequest> =>
    processingRequest(fixture, 'twin', PROCESSES, {
      Environment: { MINE: 'yes' },
      ProcessingInputs: [
        {
          InputName: 'rows',
          S3Input: {
            S3Uri: `s3://${fixture.bucket}/data/`,
            LocalPath: '/opt/ml/processing/input/rows',
            S3DataType: 'S3Prefix',
            S3InputMode: 'File',
          },
        },
      ],
      ProcessingOutputConfig: {
        Outputs: [output(place, 'out', 'EndOfJob'), output(place, 'live', 'Continuous')],
      },
    });
  await using job = await submitElsewhere(fixture, {
    version: 1,
    jobType: 'processing',
    attempt: 'attempt-1',
    arn: `${ARN}:processing-job/twin`,
    region: 'us-east-1',
    results: `s3://${fixture.bucket}/staging/twin/`,
    request: await at('elsewhere'),
  });
  const result = await runElsewhere(job, { command: ['node', '/opt/ml/processing/input/code/main.ts'] });
  await fixture.jobs.processing.start(await at('here'));
  const local = await fixture.jobs.processing.wait('twin');
  expect(local.FailureReason).toBeUndefined();
  const here = await contents(fixture, 'here/');
  expect(Object.keys(here)).toEqual(['live/now.txt ', 'out/more/rows.csv ', 'out/seen.json ']);
  expect(await contents(fixture, 'elsewhere/')).toEqual(here);
  expect(result).toMatchObject({ status: 'Completed', exitMessage: local.ExitMessage });
  expect(result.exitMessage).toBe('all rows are there');
});
