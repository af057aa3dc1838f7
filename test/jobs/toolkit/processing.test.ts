// Needs: python
import { beforeAll, describe, expect, test } from 'vitest';
import { objectText } from '../../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { activate, pythonForModels, tarGz, wheel } from '../../harness/python.ts';

const SKLEARN_IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3';

let environment: string;
beforeAll(async () => {
  environment = await pythonForModels();
}, 600_000);

interface Input {
  readonly uri: string;
  readonly path: string;
}

async function process(fixture: JobsFixture, entrypoint: string[], inputs: readonly Input[]) {
  await fixture.jobs.processing.start({
    ProcessingJobName: 'process',
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AppSpecification: {
      ImageUri: SKLEARN_IMAGE,
      ContainerEntrypoint: entrypoint,
      ContainerArguments: ['--ratio', '0.5'],
    },
    Environment: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: '/opt/ml/processing/input/wheels' },
    ProcessingInputs: inputs.map(({ uri, path }, index) => ({
      InputName: `input-${index}`,
      S3Input: {
        S3Uri: `s3://${fixture.bucket}/${uri}`,
        LocalPath: path,
        S3DataType: 'S3Prefix',
        S3InputMode: 'File',
      },
    })),
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: 'out',
          S3Output: {
            S3Uri: `s3://${fixture.bucket}/out`,
            LocalPath: '/opt/ml/processing/output',
            S3UploadMode: 'EndOfJob',
          },
        },
      ],
    },
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
    },
  });
  return fixture.jobs.processing.wait('process');
}

const SCALES = `
import sys, os
import numpy as np
from sklearn.preprocessing import MinMaxScaler
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
rows = MinMaxScaler().fit_transform(np.genfromtxt(root + "/input/data/rows.csv", delimiter=","))
np.savetxt(root + "/output/scaled.csv", rows, delimiter=",", fmt="%.2f")
print("arguments", sys.argv[1:])
`;

describe.each(executors)('a processing job for a framework image in the %s executor', (_name, executor) => {
  test('runs its entrypoint with the packages of the framework', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    await fixture.store.put(fixture.bucket, 'data/rows.csv', '1,10\n2,20\n3,30\n');
    await fixture.store.put(fixture.bucket, 'code/scale.py', SCALES);
    const job = await process(
      fixture,
      ['python3', '/opt/ml/processing/input/code/scale.py'],
      [
        { uri: 'data/', path: '/opt/ml/processing/input/data' },
        { uri: 'code/scale.py', path: '/opt/ml/processing/input/code' },
      ],
    );
    expect(job.FailureReason).toBeUndefined();
    expect(await objectText(fixture, 'out/scaled.csv')).toBe('0.00,0.00\n0.50,0.50\n1.00,1.00\n');
  });
});

/** What the SageMaker Python SDK's FrameworkProcessor runs. */
const RUNPROC = `#!/bin/bash
cd /opt/ml/processing/input/code/
tar -xzf sourcedir.tar.gz
set -e
if [[ -f 'requirements.txt' ]]; then
    pip uninstall --yes typing
    python -m pip install -r requirements.txt
fi
python3 process.py "$@"
`;

test('a job unpacks its code where it lies, and installs its requirements for itself', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs();
  const { store, bucket } = fixture;
  await store.put(
    bucket,
    'wheels/greeting-1.0-py3-none-any.whl',
    await wheel('greeting', '1.0', 'NAME = "hello"'),
  );
  await store.put(bucket, 'job/runproc.sh', RUNPROC);
  const sourcedir = await tarGz({
    'process.py':
      'import greeting, sys\nopen("/opt/ml/processing/output/said", "w").write(greeting.NAME + " " + " ".join(sys.argv[1:]))\n',
    'requirements.txt': 'greeting\n',
  });
  await store.put(bucket, 'job/sourcedir.tar.gz', sourcedir);
  const job = await process(
    fixture,
    ['/bin/bash', '/opt/ml/processing/input/entrypoint/runproc.sh'],
    [
      { uri: 'job/sourcedir.tar.gz', path: '/opt/ml/processing/input/code/' },
      { uri: 'job/runproc.sh', path: '/opt/ml/processing/input/entrypoint' },
      { uri: 'wheels/', path: '/opt/ml/processing/input/wheels' },
    ],
  );
  expect(job.FailureReason).toBeUndefined();
  expect(await objectText(fixture, 'out/said')).toBe('hello --ratio 0.5');
  const stored = await store.get(bucket, 'job/sourcedir.tar.gz');
  expect(Buffer.concat(await Array.fromAsync(stored.body))).toEqual(sourcedir);
});

test('a job that lacks a package fails with what to do about it', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs();
  await fixture.store.put(fixture.bucket, 'code/main.py', 'import no_such_package\n');
  const job = await process(
    fixture,
    ['python3', '/opt/ml/processing/input/code/main.py'],
    [{ uri: 'code/main.py', path: '/opt/ml/processing/input/code' }],
  );
  expect(job.FailureReason).toMatch(
    /^AlgorithmError: Put no_such_package into requirements\.txt beside the script, or install it for the local Python 3\.\S+ \(.+\)\. A file of your own is sent with the script by --source-dir, .+, exit code: 1$/,
  );
});
