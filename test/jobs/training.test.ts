// Needs: bubblewrap, python
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandboxExecutor } from '../../src/executors/index.ts';
import { archiveFiles } from '../harness/archive.ts';
import { channel, keysBelow, objectBytes, objectText, trainingRequest } from '../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../harness/jobs.ts';

const RECORD_EVERYTHING = `
  import { readFileSync, readdirSync, writeFileSync, statSync } from 'node:fs';
  const ml = process.env.SM_MODEL_DIR.replace(/\\/model$/, '');
  const config = Object.fromEntries(readdirSync(ml + '/input/config').sort().map((name) => [name, readFileSync(ml + '/input/config/' + name, 'utf8')]));
  const data = readdirSync(ml + '/input/data/train').sort();
  writeFileSync(ml + '/output/data/seen.json', JSON.stringify({ config, data, env: process.env, argv: process.argv.slice(2), cwd: process.cwd() }));
  writeFileSync(ml + '/model/weights.txt', 'w');
`;

async function train(fixture: JobsFixture, name: string, source: string, more = {}) {
  await fixture.jobs.training.start(await trainingRequest(fixture, name, source, more));
  return fixture.jobs.training.wait(name);
}

describe.each(executors)('a training job in the %s executor', (_name, executor) => {
  test('finds the exact files, environment and data of the contract', async () => {
    await using fixture = await openJobs({ executor: executor() });
    await fixture.store.put(fixture.bucket, 'data/a.csv', '1');
    await fixture.store.put(fixture.bucket, 'data/b.csv', '2');
    const job = await train(fixture, 'contract', RECORD_EVERYTHING, {
      HyperParameters: { num_round: '128', 'learning-rate': '0.1' },
      Environment: { MINE: 'yes' },
      AlgorithmSpecification: { ContainerArguments: ['--seed', '7'] },
      InputDataConfig: [channel(fixture, 'train', 'data/', { ContentType: 'text/csv' })],
    });
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' });
    const output = await archiveFiles(await objectBytes(fixture, 'out/contract/output/output.tar.gz'));
    const seen = JSON.parse(output['seen.json'] as string);
    expect(seen.config).toEqual({
      'hyperparameters.json': '{"num_round":"128","learning-rate":"0.1"}',
      'inputdataconfig.json':
        '{"train":{"ContentType":"text/csv","TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"},"code":{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}}',
      'resourceconfig.json':
        '{"current_host":"algo-1","current_instance_type":"ml.m5.large","current_group_name":"homogeneousCluster","hosts":["algo-1"],"instance_groups":[{"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large","hosts":["algo-1"]}],"network_interface_name":"eth0"}',
    });
    expect(seen.data).toEqual(['a.csv', 'b.csv']);
    expect(seen.argv).toEqual(['--seed', '7']);
    expect(seen.env).toMatchObject({
      MINE: 'yes',
      TRAINING_JOB_NAME: 'contract',
      TRAINING_JOB_ARN: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/contract',
      SM_HP_NUM_ROUND: '128',
      SM_NUM_INSTANCES: '1',
      AWS_REGION: 'us-east-1',
    });
    expect(seen.env).not.toHaveProperty('TMPDIR');
    const model = await archiveFiles(await objectBytes(fixture, 'out/contract/output/model.tar.gz'));
    expect(model).toEqual({ 'weights.txt': 'w' });
  });

  test('keeps the text of the failure file and the exit code', async () => {
    await using fixture = await openJobs({ executor: executor() });
    const write = `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.SM_OUTPUT_DIR + '/failure', 'out of cheese');`;
    const told = await train(fixture, 'told', `${write} console.error('the last line'); process.exit(3);`);
    expect(told.FailureReason).toBe('AlgorithmError: out of cheese, exit code: 3');
    expect(told.TrainingJobStatus).toBe('Failed');
    const silent = await train(fixture, 'silent', 'process.exit(1);');
    expect(silent.FailureReason).toBe('AlgorithmError: , exit code: 1');
    expect(await fixture.jobs.training.logTail('told', 5)).toEqual(['the last line']);
  });

  test('merges what several hosts made, and each knows who it is', async () => {
    await using fixture = await openJobs({ executor: executor() });
    for (const key of ['a', 'b', 'c']) await fixture.store.put(fixture.bucket, `shards/${key}`, key);
    const source = `
      import { readdirSync, writeFileSync } from 'node:fs';
      const host = process.env.SM_CURRENT_HOST;
      const data = readdirSync(process.env.SM_CHANNEL_TRAIN);
      writeFileSync(process.env.SM_MODEL_DIR + '/' + host, data.join() + ' of ' + process.env.SM_HOSTS);
      writeFileSync(process.env.SM_MODEL_DIR + '/shared', host);`;
    const train = channel(fixture, 'train', 'shards/');
    const sharded = {
      ...train,
      DataSource: {
        S3DataSource: { ...train.DataSource?.S3DataSource, S3DataDistributionType: 'ShardedByS3Key' },
      },
    };
    await fixture.jobs.training.start(
      await trainingRequest(fixture, 'many', source, {
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
        InputDataConfig: [sharded as typeof train],
      }),
    );
    const job = await fixture.jobs.training.wait('many');
    expect(job.FailureReason).toBeUndefined();
    const model = await archiveFiles(await objectBytes(fixture, 'out/many/output/model.tar.gz'));
    expect(model).toEqual({
      'algo-1': 'a,c of ["algo-1","algo-2"]',
      'algo-2': 'b of ["algo-1","algo-2"]',
      shared: 'algo-1',
    });
    expect(await fixture.jobs.training.logStreams('many')).toEqual(['algo-1', 'algo-2']);
  });

  test('is told to stop by SIGTERM, uploads what it has, and ends as Stopped', async () => {
    await using fixture = await openJobs({ executor: executor() });
    const source = `
      import { writeFileSync } from 'node:fs';
      process.on('SIGTERM', () => { writeFileSync(process.env.SM_MODEL_DIR + '/partial', 'p'); process.exit(0); });
      setInterval(() => {}, 1000);
      console.log('ready');`;
    await fixture.jobs.training.start(await trainingRequest(fixture, 'stopped', source));
    for await (const line of fixture.jobs.training.logs('stopped', { follow: true })) {
      if (line.message === 'ready') await fixture.jobs.training.stop('stopped');
    }
    const job = await fixture.jobs.training.wait('stopped');
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(job.SecondaryStatusTransitions?.map((each) => each.Status)).toEqual([
      'Starting',
      'Downloading',
      'Training',
      'Stopping',
      'Uploading',
      'Stopped',
    ]);
    const model = await archiveFiles(await objectBytes(fixture, 'out/stopped/output/model.tar.gz'));
    expect(model).toEqual({ partial: 'p' });
  });

  test('is killed when it does not heed SIGTERM', async () => {
    await using fixture = await openJobs({ executor: executor(), stopGraceMs: 3000 });
    const source = `
      process.on('SIGTERM', () => console.log('heard'));
      setInterval(() => {}, 1000);
      console.log('ready');`;
    await fixture.jobs.training.start(await trainingRequest(fixture, 'deaf', source));
    for await (const line of fixture.jobs.training.logs('deaf', { follow: true })) {
      if (line.message === 'ready') await fixture.jobs.training.stop('deaf');
    }
    const job = await fixture.jobs.training.wait('deaf');
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(await fixture.jobs.training.logTail('deaf', 5)).toEqual(['ready', 'heard']);
  });

  test('is stopped once its time is over', async () => {
    await using fixture = await openJobs({ executor: executor(), stopGraceMs: 300 });
    const job = await train(fixture, 'overtime', 'setInterval(() => {}, 1000);', {
      StoppingCondition: { MaxRuntimeInSeconds: 1 },
    });
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
  });
});

test('metrics are the last values that the log shows, whichever stream', async () => {
  await using fixture = await openJobs();
  const source = `console.log('loss: 0.9'); console.error('loss: 0.25'); process.stdout.write('acc=0.5;');`;
  const job = await train(fixture, 'metrics', source, {
    AlgorithmSpecification: {
      MetricDefinitions: [
        { Name: 'loss', Regex: 'loss: ([0-9.]+)' },
        { Name: 'accuracy', Regex: 'acc=([0-9.]+)' },
        { Name: 'never', Regex: 'never: ([0-9.]+)' },
      ],
    },
  });
  const values = Object.fromEntries(
    job.FinalMetricDataList?.map((each) => [each.MetricName, each.Value]) ?? [],
  );
  expect(values['accuracy']).toBe(0.5);
  expect([0.9, 0.25]).toContain(values['loss']);
  expect(values).not.toHaveProperty('never');
});

describe('a training job fails as ClientError', () => {
  test.each([
    [
      'an empty prefix',
      'nothing/here/',
      /^ClientError: Data download failed: Channel 'train': .*nothing\/here/,
    ],
    [
      'a missing bucket',
      's3://no-such-bucket/x/',
      /^ClientError: Data download failed: Channel 'train': .*no-such-bucket/,
    ],
    [
      'a missing directory',
      'file:///no/such/place',
      /^ClientError: Data download failed: Channel 'train': .*\/no\/such\/place/,
    ],
  ])('for %s', async (_what, place, reason) => {
    await using fixture = await openJobs();
    const job = await train(fixture, 'missing', '', { InputDataConfig: [channel(fixture, 'train', place)] });
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(reason);
  });

  test('when its image needs a container engine', async () => {
    await using fixture = await openJobs();
    const request = await trainingRequest(fixture, 'image', '');
    const { ContainerEntrypoint: _, ...algorithm } = request.AlgorithmSpecification ?? {};
    await fixture.jobs.training.start({
      ...request,
      AlgorithmSpecification: {
        TrainingInputMode: 'File',
        ...algorithm,
        TrainingImage: 'example.com/mine:1',
      },
    });
    const job = await fixture.jobs.training.wait('image');
    expect(job.FailureReason).toMatch(
      /^ClientError: Image 'example.com\/mine:1' cannot be run.*ContainerEntrypoint/,
    );
  });

  test('when the bucket of its output does not exist', async () => {
    await using fixture = await openJobs();
    const source = `import { writeFileSync } from 'node:fs'; writeFileSync('/opt/ml/model/m', 'm');`;
    const job = await train(fixture, 'nobucket', source, {
      OutputDataConfig: { S3OutputPath: 's3://no-such-bucket/out' },
    });
    expect(job.FailureReason).toMatch(/^ClientError: Artifact upload failed: .*no-such-bucket/);
  });
});

test('a program that does not exist fails the job with a line that names it', async () => {
  await using fixture = await openJobs();
  const job = await train(fixture, 'noprogram', '', {
    AlgorithmSpecification: { ContainerEntrypoint: ['no-such-program-anywhere'] },
  });
  expect(job.FailureReason).toBe('AlgorithmError: , exit code: 127');
  expect((await fixture.jobs.training.logTail('noprogram', 5)).join()).toContain('no-such-program-anywhere');
});

test('uncompressed artifacts are plain objects', async () => {
  await using fixture = await openJobs();
  const source = `import { writeFileSync, mkdirSync } from 'node:fs'; mkdirSync('/opt/ml/model/1'); writeFileSync('/opt/ml/model/1/m', 'm');`;
  const job = await train(fixture, 'plain', source, {
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out/`, CompressionType: 'NONE' },
  });
  expect(job.ModelArtifacts?.S3ModelArtifacts).toBe(`s3://${fixture.bucket}/out/plain/output/model/`);
  expect(await keysBelow(fixture, 'out/')).toEqual(['out/plain/output/model/1/m']);
  expect(await objectText(fixture, 'out/plain/output/model/1/m')).toBe('m');
});

test('checkpoints are restored before and uploaded after', async () => {
  await using fixture = await openJobs();
  await fixture.store.put(fixture.bucket, 'ckpt/step', '41');
  const source = `import { readFileSync, writeFileSync } from 'node:fs';
    const step = Number(readFileSync('/opt/ml/checkpoints/step', 'utf8'));
    writeFileSync('/opt/ml/checkpoints/step', String(step + 1));`;
  await train(fixture, 'resumed', source, { CheckpointConfig: { S3Uri: `s3://${fixture.bucket}/ckpt` } });
  expect(await objectText(fixture, 'ckpt/step')).toBe('42');
});

test('a channel is given back when the checkpoints cannot be brought', async () => {
  await using fixture = await openJobs();
  await fixture.store.put(fixture.bucket, 'data/a', 'a');
  const job = await train(fixture, 'lost', `console.log('never');`, {
    CheckpointConfig: { S3Uri: 's3://no-such-bucket-at-all/ckpt' },
    InputDataConfig: [channel(fixture, 'train', 'data/', { InputMode: 'Pipe' })],
  });
  expect(job.FailureReason).toMatch(/^ClientError: Checkpoint download failed: .*no-such-bucket-at-all/);
  const data = join(fixture.home, 'jobs', 'training', 'lost', 'algo-1', 'opt', 'ml', 'input', 'data');
  // The FIFO goes with the thread that feeds it.
  expect(readdirSync(data).filter((name) => name.startsWith('train'))).toEqual([]);
});

test('a program that looks for the files of a channel in Pipe mode is told that there are none', async () => {
  await using fixture = await openJobs();
  await fixture.store.put(fixture.bucket, 'data/a', 'a');
  const InputDataConfig = [channel(fixture, 'train', 'data/', { InputMode: 'Pipe' })];
  const source = `import { readdirSync } from 'node:fs'; readdirSync('/opt/ml/input/data/train');`;
  const lost = await train(fixture, 'lost', source, { InputDataConfig });
  expect(lost.FailureReason).toContain("Channel 'train' comes in Pipe mode: it has no files");
  const other = `import { readFileSync } from 'node:fs'; console.log('/opt/ml/input/data/train_0'); readFileSync('/none');`;
  const failed = await train(fixture, 'other', other, { InputDataConfig });
  expect(failed.FailureReason).not.toContain('Pipe mode');
});

test('the data of a job goes after success, that of a failure and all logs stay', async () => {
  await using fixture = await openJobs();
  await train(fixture, 'good', `console.log('kept');`);
  await train(fixture, 'bad', `process.exit(1);`);
  const directory = (name: string) => join(fixture.home, 'jobs', 'training', name);
  expect(existsSync(join(directory('good'), 'algo-1'))).toBe(false);
  expect(existsSync(join(directory('good'), 'logs', 'algo-1.log'))).toBe(true);
  expect(existsSync(join(directory('bad'), 'algo-1', 'opt', 'ml', 'input', 'config'))).toBe(true);
});

test('a Python program trains too', async () => {
  await using fixture = await openJobs();
  const source = `import json, os\nwith open('/opt/ml/model/m.json', 'w') as f: json.dump(json.load(open('/opt/ml/input/config/hyperparameters.json')), f)\n`;
  await fixture.store.put(fixture.bucket, 'code/py/main.py', source);
  const job = await train(fixture, 'py', '', {
    HyperParameters: { a: '1' },
    AlgorithmSpecification: { ContainerEntrypoint: ['python3', '/opt/ml/input/data/code/main.py'] },
  });
  expect(job.FailureReason).toBeUndefined();
  const model = await archiveFiles(await objectBytes(fixture, 'out/py/output/model.tar.gz'));
  expect(model).toEqual({ 'm.json': '{"a": "1"}' });
});

test('eight jobs at once each see their own /opt/ml', async () => {
  await using fixture = await openJobs();
  const source = `import { writeFileSync } from 'node:fs'; writeFileSync('/opt/ml/model/name', process.env.TRAINING_JOB_NAME);`;
  const names = Array.from({ length: 8 }, (_, index) => `parallel-${index}`);
  await Promise.all(names.map((name) => train(fixture, name, source)));
  for (const name of names) {
    const model = await archiveFiles(await objectBytes(fixture, `out/${name}/output/model.tar.gz`));
    expect(model).toEqual({ name });
  }
});

test('a full disk fails the job and says so', async () => {
  await using fixture = await openJobs();
  const logs = join(fixture.home, 'jobs', 'training', 'full', 'logs');
  await mkdir(logs, { recursive: true });
  // Every write to it fails as on a file system without room.
  await symlink('/dev/full', join(logs, 'algo-1.log'));
  const job = await train(fixture, 'full', `console.log('x'); setInterval(() => {}, 1000);`);
  expect(job.TrainingJobStatus).toBe('Failed');
  expect(job.FailureReason).toMatch(/^ClientError: Insufficient disk space: .*ENOSPC/);
});

test('an executor that fails is no fault of the user', async () => {
  const sandbox = createSandboxExecutor();
  const executor = {
    ...sandbox,
    capabilities: sandbox.capabilities,
    start: () => Promise.reject(new Error('no fork')),
  };
  await using fixture = await openJobs({ executor });
  const job = await train(fixture, 'nofork', '');
  expect(job.FailureReason).toMatch(/^InternalServerError: We encountered an internal error.*no fork/);
});

test('a channel of an instance group goes to the hosts of that group alone', async () => {
  await using fixture = await openJobs();
  await fixture.store.put(fixture.bucket, 'data/a', 'a');
  const source = `
    import { existsSync, writeFileSync } from 'node:fs';
    writeFileSync('/opt/ml/model/' + process.env.SM_CURRENT_HOST, String(existsSync('/opt/ml/input/data/train/a')));`;
  const train = channel(fixture, 'train', 'data/');
  const grouped = {
    ...train,
    DataSource: { S3DataSource: { ...train.DataSource?.S3DataSource, InstanceGroupNames: ['workers'] } },
  } as typeof train;
  const group = (InstanceGroupName: string) => ({
    InstanceGroupName,
    InstanceType: 'ml.m5.large' as const,
    InstanceCount: 1,
  });
  await fixture.jobs.training.start(
    await trainingRequest(fixture, 'groups', source, {
      ResourceConfig: { InstanceGroups: [group('lead'), group('workers')], VolumeSizeInGB: 1 },
      InputDataConfig: [grouped],
    }),
  );
  const job = await fixture.jobs.training.wait('groups');
  expect(job.FailureReason).toBeUndefined();
  const model = await archiveFiles(await objectBytes(fixture, 'out/groups/output/model.tar.gz'));
  expect(model).toEqual({ 'algo-1': 'false', 'algo-2': 'true' });
});
