// Needs: python
import { describe, expect, test } from 'vitest';
import { NODE_IMAGE, PYTHON_IMAGE } from '../../../src/contract/images.ts';
import { channel } from '../../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { tarGz } from '../../harness/python.ts';

/** A script that names no image, as the command line and the SDK send it. */
async function train(
  fixture: JobsFixture,
  name: string,
  files: Readonly<Record<string, string>>,
  hyperparameters: Readonly<Record<string, string>> = {},
) {
  const program = Object.keys(files)[0] as string;
  await fixture.store.put(fixture.bucket, `${name}/sourcedir.tar.gz`, await tarGz(files));
  await fixture.jobs.training.start({
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: {
      TrainingImage: program.endsWith('.py') ? PYTHON_IMAGE : NODE_IMAGE,
      TrainingInputMode: 'File',
    },
    HyperParameters: {
      ...hyperparameters,
      sagemaker_program: JSON.stringify(program),
      sagemaker_submit_directory: JSON.stringify(`s3://${fixture.bucket}/${name}/sourcedir.tar.gz`),
    },
    InputDataConfig: [channel(fixture, 'train', 'data/'), channel(fixture, 'test', 'data/')],
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
  });
  const job = await fixture.jobs.training.wait(name);
  return { job, log: (await fixture.jobs.training.logTail(name, 100)).join('\n') };
}

describe.each(executors)('a script of no framework in the %s executor', (_name, executor) => {
  test('gets its hyperparameters as arguments, and the code is no channel', async () => {
    await using fixture = await openJobs({ executor: executor() });
    await fixture.store.put(fixture.bucket, 'data/rows.csv', '1\n');
    const node = `console.log('args', process.argv.slice(2).join(' '), process.env.SM_CHANNELS);`;
    const typescript = await train(fixture, 'typescript', { 'train.mts': node }, { epochs: '10', a: '1' });
    expect(typescript.job.FailureReason).toBeUndefined();
    expect(typescript.log).toBe('args -a 1 --epochs 10 ["test","train"]');
    const source = 'import os, sys\nprint("args", *sys.argv[1:], os.environ["SM_CHANNELS"])\n';
    const python = await train(fixture, 'python', { 'train.py': source }, { epochs: '10' });
    expect(python.job.FailureReason).toBeUndefined();
    expect(python.log).toContain('args --epochs 10 ["test","train"]');
  });

  test('finds its data by the names of channels, and is told which there are', async () => {
    await using fixture = await openJobs({ executor: executor() });
    await fixture.store.put(fixture.bucket, 'data/deep/rows.csv', '1\n');
    const script = `
import { channel, files } from 'sluice/job';
console.log('in', channel('train').endsWith('/opt/ml/input/data/train'));
console.log('found', files('train').map((path) => path.slice(channel('train').length)).join());
files('tset');
`;
    const { job, log } = await train(fixture, 'finds', { 'train.mts': script });
    expect(log).toContain('in true');
    expect(log).toContain('found /deep/rows.csv');
    expect(job.FailureReason).toBe(
      `AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Error: There is no channel 'tset'. There are: test, train."\nCommand "node train.mts", exit code: 1`,
    );
  });
});
