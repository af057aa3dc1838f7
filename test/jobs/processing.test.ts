import { describe, expect, test } from 'vitest';
import { keysBelow, objectText, processingRequest } from '../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../harness/jobs.ts';

async function runProcessing(fixture: JobsFixture, name: string, source: string, more = {}) {
  await fixture.jobs.processing.start(await processingRequest(fixture, name, source, more));
  return fixture.jobs.processing.wait(name);
}

function outputs(
  fixture: JobsFixture,
  names: readonly string[],
  mode: 'EndOfJob' | 'Continuous' = 'EndOfJob',
) {
  return {
    Outputs: names.map((name) => ({
      OutputName: name,
      S3Output: {
        S3Uri: `s3://${fixture.bucket}/out/${name}`,
        LocalPath: `/opt/ml/processing/output/${name}`,
        S3UploadMode: mode,
      },
    })),
  };
}

/** Where the process executor has to translate, the program is told its place by an argument. */
const PLACES = { AppSpecification: { ContainerArguments: ['/opt/ml'] } };

describe.each(executors)('a processing job in the %s executor', (_name, executor) => {
  test('reads its inputs and its config, and its outputs are uploaded', async () => {
    await using fixture = await openJobs({ executor: executor() });
    await fixture.store.put(fixture.bucket, 'raw/x.csv', '1,2');
    const source = `
      import { readFileSync, writeFileSync, mkdirSync, symlinkSync } from 'node:fs';
      const ml = process.argv[2];
      mkdirSync(ml + '/processing/output/train/deep');
      writeFileSync(ml + '/processing/output/train/deep/x.csv', readFileSync(ml + '/processing/input/raw/x.csv'));
      writeFileSync(ml + '/processing/output/test/config.json', readFileSync(ml + '/config/processingjobconfig.json'));
      writeFileSync(ml + '/processing/output/test/resources.json', readFileSync(ml + '/config/resourceconfig.json'));
      symlinkSync('config.json', ml + '/processing/output/test/link');
      writeFileSync(ml + '/output/message', 'all is well');`;
    const job = await runProcessing(fixture, 'split', source, {
      ...PLACES,
      Environment: { A: 'b' },
      ProcessingInputs: [
        {
          InputName: 'raw',
          S3Input: {
            S3Uri: `s3://${fixture.bucket}/raw/`,
            LocalPath: '/opt/ml/processing/input/raw',
            S3DataType: 'S3Prefix',
            S3InputMode: 'File',
          },
        },
      ],
      ProcessingOutputConfig: outputs(fixture, ['train', 'test']),
    });
    expect(job.FailureReason).toBeUndefined();
    expect(job).toMatchObject({ ProcessingJobStatus: 'Completed', ExitMessage: 'all is well' });
    expect(await keysBelow(fixture, 'out/')).toEqual([
      'out/test/config.json',
      'out/test/resources.json',
      'out/train/deep/x.csv',
    ]);
    expect(await objectText(fixture, 'out/train/deep/x.csv')).toBe('1,2');
    expect(await objectText(fixture, 'out/test/resources.json')).toBe(
      '{"current_host":"algo-1","hosts":["algo-1"],"current_instance_type":"ml.m5.large"}',
    );
    expect(JSON.parse(await objectText(fixture, 'out/test/config.json'))).toMatchObject({
      ProcessingJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:processing-job/split',
      Environment: { A: 'b' },
    });
  });

  test('that fails uploads what it has', async () => {
    await using fixture = await openJobs({ executor: executor() });
    const source = `
      import { writeFileSync } from 'node:fs';
      writeFileSync(process.argv[2] + '/processing/output/part/x', 'x');
      process.exit(4);`;
    const job = await runProcessing(fixture, 'broken', source, {
      ...PLACES,
      ProcessingOutputConfig: outputs(fixture, ['part']),
    });
    expect(job).toMatchObject({
      ProcessingJobStatus: 'Failed',
      FailureReason: 'AlgorithmError: , exit code: 4',
    });
    expect(await keysBelow(fixture, 'out/')).toEqual(['out/part/x']);
  });
});

test('continuous outputs are there before the job ends', async () => {
  await using fixture = await openJobs();
  const source = `
    import { writeFileSync } from 'node:fs';
    writeFileSync('/opt/ml/processing/output/live/first', '1');
    process.on('SIGTERM', () => { writeFileSync('/opt/ml/processing/output/live/last', '2'); process.exit(0); });
    setInterval(() => {}, 1000);`;
  const config = outputs(fixture, ['live'], 'Continuous');
  await fixture.jobs.processing.start(
    await processingRequest(fixture, 'live', source, { ProcessingOutputConfig: config }),
  );
  await expect.poll(() => keysBelow(fixture, 'out/'), { timeout: 120_000 }).toEqual(['out/live/first']);
  await fixture.jobs.processing.stop('live');
  const job = await fixture.jobs.processing.wait('live');
  expect(job.ProcessingJobStatus).toBe('Stopped');
  expect(await keysBelow(fixture, 'out/')).toEqual(['out/live/first', 'out/live/last']);
});

test('an exit message that is not UTF-8 fails the job', async () => {
  await using fixture = await openJobs();
  const source = `import { writeFileSync } from 'node:fs'; writeFileSync('/opt/ml/output/message', Buffer.from([0xff, 0xfe, 0xfd]));`;
  const job = await runProcessing(fixture, 'bytes', source);
  expect(job.FailureReason).toMatch(/^ClientError: .*UTF-8/);
});

test('any host that fails fails the job, and the others are stopped', async () => {
  await using fixture = await openJobs();
  const source = `
    if (process.env.SM_CURRENT_HOST === 'algo-2') process.exit(7);
    setInterval(() => {}, 1000);`;
  const job = await runProcessing(fixture, 'hosts', source, {
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 2, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
    },
  });
  expect(job.FailureReason).toBe('AlgorithmError: , exit code: 7');
});

test('a path outside of /opt/ml/processing is refused before anything starts', async () => {
  await using fixture = await openJobs();
  const request = await processingRequest(fixture, 'outside', '', {
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: 'o',
          S3Output: {
            S3Uri: 's3://b/o',
            LocalPath: '/opt/ml/processing/../../../etc',
            S3UploadMode: 'EndOfJob',
          },
        },
      ],
    },
  });
  await expect(fixture.jobs.processing.start(request)).rejects.toMatchObject({ code: 'InvalidArgument' });
});
