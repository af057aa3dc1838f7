import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sealAgentDocument } from '../../src/contract/agent-document.ts';
import { AGENT_VARIABLES } from '../../src/contract/agent-places.ts';
import { newAgentKey, openAgentResult } from '../../src/contract/agent-result.ts';
import { startS3 } from '../harness/s3-server.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

test('sluice agent prepares, feeds and collects a job, and says by its exit code how it went', {
  timeout: 240_000,
}, async () => {
  const s3 = await startS3();
  try {
    await s3.store.createBucket('bucket');
    await s3.store.put('bucket', 'data/rows.csv', '1,2');
    const { text, digest } = sealAgentDocument({
      version: 1,
      jobType: 'training',
      attempt: 'a',
      arn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/job',
      region: 'us-east-1',
      results: 's3://bucket/staging/',
      request: {
        TrainingJobName: 'job',
        RoleArn: 'arn:aws:iam::123456789012:role/Test',
        AlgorithmSpecification: {
          TrainingImage: 'example/train:1',
          TrainingInputMode: 'Pipe',
          MetricDefinitions: [{ Name: 'loss', Regex: 'loss=([0-9.]+)' }],
        },
        InputDataConfig: [
          {
            ChannelName: 'train',
            DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/data/' } },
          },
        ],
        OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
        StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      },
    });
    await s3.store.put('bucket', 'staging/job.json', text);
    const directory = await temporaryDirectory();
    const key = newAgentKey();
    const keyFile = join(directory, 'key');
    await writeFile(keyFile, `${key}\n`);
    const [ml, own] = [join(directory, 'ml'), join(directory, 'agent')];
    const environment = {
      SLUICE_S3: s3.url,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      [AGENT_VARIABLES.document]: 's3://bucket/staging/job.json',
      [AGENT_VARIABLES.digest]: digest,
      [AGENT_VARIABLES.keyFile]: keyFile,
    };
    const options = { home: join(directory, 'home'), environment };
    const places = ['--ml', ml, '--directory', own];

    expect(await sluice(['agent', 'prepare', ...places], options)).toMatchObject({ code: 0, stderr: '' });
    const feeding = startSluice(['agent', 'feed', ...places], options);
    expect(await readFile(join(ml, 'input/data/train_0'), 'utf8')).toBe('1,2');
    await writeFile(join(ml, 'model', 'weights'), 'w');
    await expect.poll(() => existsSync(join(own, 'ready'))).toBe(true);
    feeding.child.kill('SIGTERM');
    expect(await feeding.ended).toMatchObject({ code: 0, stderr: '' });
    const log = join(directory, 'log');
    await writeFile(log, 'loss=0.5\nloss=0.25\n');
    const collect = (...end: string[]) => sluice(['agent', 'collect', ...places, ...end], options);
    const resultNow = async () => {
      const { body } = await s3.store.get('bucket', 'staging/result.json');
      return openAgentResult(Buffer.concat(await Array.fromAsync(body)), { key, digest, attempt: 'a' });
    };
    expect(await collect('--exit-code', '0', '--log', log)).toMatchObject({ code: 0 });
    expect(await resultNow()).toMatchObject({
      status: 'Completed',
      metrics: [{ name: 'loss', value: 0.25 }],
    });
    expect((await s3.store.head('bucket', 'out/job/output/model.tar.gz')).size).toBeGreaterThan(0);
    expect(await collect('--exit-code', '3')).toMatchObject({
      code: 1,
      stderr: 'AlgorithmError: , exit code: 3\n',
    });
    const untold = await collect();
    expect(untold).toMatchObject({ code: 2 });
    expect(untold.stderr).toContain('Expected to be told how the container ended');
    const other = { ...options, environment: { ...environment, [AGENT_VARIABLES.digest]: '0'.repeat(64) } };
    const changed = await sluice(['agent', 'prepare', ...places], other);
    expect(changed).toMatchObject({ code: 2 });
    expect(changed.stderr).toContain('it was changed since the job was submitted');
  } finally {
    await s3.close();
  }
});
