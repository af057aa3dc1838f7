// Needs: python
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { beforeAll, describe, expect, test } from 'vitest';
import { objectText } from '../../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { activate, pythonForModels, tarGz } from '../../harness/python.ts';

const SKLEARN_IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3';

let environment: string;
beforeAll(async () => {
  environment = await pythonForModels();
}, 600_000);

/** A real estimator, fitted as it loads. */
const MODEL_FN = `
import json, os
import numpy as np
from sklearn.linear_model import LinearRegression
def model_fn(model_dir):
    factor = float(open(os.path.join(model_dir, "factor")).read())
    return LinearRegression().fit(np.array([[0.0], [1.0], [2.0]]), np.array([0.0, factor, 2 * factor]))
`;

interface Options {
  readonly code: Readonly<Record<string, string>>;
  readonly container?: Partial<ContainerDefinition>;
  readonly contentType?: string;
  readonly accept?: string;
  readonly input?: string;
}

async function transform(fixture: JobsFixture, options: Options) {
  const { store, bucket, jobs } = fixture;
  const code = Object.entries(options.code).map(([name, text]) => [`code/${name}`, text]);
  await store.put(bucket, 'model.tar.gz', await tarGz({ factor: '3', ...Object.fromEntries(code) }));
  await store.put(bucket, 'in/rows', options.input ?? '1\n2\n');
  await jobs.models.put({
    ModelName: 'model',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
    PrimaryContainer: {
      Image: SKLEARN_IMAGE,
      ModelDataUrl: `s3://${bucket}/model.tar.gz`,
      Environment: {
        SAGEMAKER_PROGRAM: 'inference.py',
        SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
        ...options.container?.Environment,
      },
      ...options.container,
    },
  });
  await jobs.transform.start({
    TransformJobName: 'transform',
    ModelName: 'model',
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/in/` } },
      ContentType: options.contentType ?? 'text/csv',
    },
    TransformOutput: { S3OutputPath: `s3://${bucket}/out`, Accept: options.accept ?? 'text/csv' },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
  });
  return jobs.transform.wait('transform');
}

async function logOf(fixture: JobsFixture): Promise<string> {
  return (await fixture.jobs.transform.logTail('transform', 500)).join('\n');
}

describe.each(executors)('a transform job with an inference script in the %s executor', (_name, executor) => {
  test('needs model_fn alone', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    const job = await transform(fixture, {
      code: { 'inference.py': MODEL_FN },
      accept: 'application/json',
      contentType: 'application/json',
      input: '[[1], [2]]',
    });
    expect(job.FailureReason).toBeUndefined();
    const [first, second] = JSON.parse(await objectText(fixture, 'out/rows.out')) as [number, number];
    expect(first).toBeCloseTo(3);
    expect(second).toBeCloseTo(6);
  });

  test('uses every function that the script has', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    const functions = `
def input_fn(body, content_type):
    assert isinstance(body, str), type(body)
    return [[float(line)] for line in body.split()]
def predict_fn(data, model):
    return model.predict(data) + 1
def output_fn(prediction, accept):
    return json.dumps({"rounded": [round(value) for value in prediction]}), "application/json"
`;
    const job = await transform(fixture, { code: { 'inference.py': MODEL_FN + functions } });
    expect(job.FailureReason).toBeUndefined();
    expect(await objectText(fixture, 'out/rows.out')).toBe('{"rounded": [4, 7]}');
  });
});

test('transform_fn does it all', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs();
  const source = `${MODEL_FN}
def transform_fn(model, body, content_type, accept):
    return "%s as %s" % (content_type, accept), accept
`;
  await transform(fixture, { code: { 'inference.py': source } });
  expect(await objectText(fixture, 'out/rows.out')).toBe('text/csv as text/csv');
});

test('code comes from an archive of its own, and its requirements.txt is installed', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs();
  const { store, bucket } = fixture;
  const code = await tarGz({
    'serve_me.py': `import greeting\n${MODEL_FN}
def transform_fn(model, body, content_type, accept):
    return greeting.NAME
`,
    'requirements.txt': './greeting\n',
    'greeting/setup.py':
      'from setuptools import setup\nsetup(name="greeting", version="1.0", py_modules=["greeting"])\n',
    'greeting/greeting.py': 'NAME = "hello"\n',
  });
  await store.put(bucket, 'sourcedir.tar.gz', code);
  const job = await transform(fixture, {
    code: {},
    container: {
      Environment: {
        SAGEMAKER_PROGRAM: 'serve_me.py',
        SAGEMAKER_SUBMIT_DIRECTORY: `s3://${bucket}/sourcedir.tar.gz`,
      },
    },
  });
  expect(job.FailureReason).toBeUndefined();
  expect(await objectText(fixture, 'out/rows.out')).toBe('hello');
});

describe('a transform job fails, and its log says why,', () => {
  test.each([
    [
      'when there is no model_fn',
      { 'inference.py': '' },
      'Model server: Please provide a model_fn implementation',
    ],
    [
      'when transform_fn is not the only one',
      { 'inference.py': `${MODEL_FN}\ndef transform_fn(a, b, c, d): pass\ndef input_fn(a, b): pass\n` },
      'Model server: Cannot use transform_fn implementation with input_fn',
    ],
    ['when the script does not load', { 'inference.py': 'def (' }, 'SyntaxError'],
    ['when there is no script', {}, 'SAGEMAKER_PROGRAM: /opt/ml/model/code/inference.py does not exist.'],
  ])('%s', async (_when, code, text) => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const job = await transform(fixture, { code });
    expect(job.FailureReason).toBe('AlgorithmError: See job logs for more information');
    expect(await logOf(fixture)).toContain(text);
  });

  test('when a prediction throws', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const source = `${MODEL_FN}\ndef predict_fn(data, model):\n    raise ValueError("unlucky")\n`;
    const job = await transform(fixture, { code: { 'inference.py': source } });
    expect(job.TransformJobStatus).toBe('Failed');
    expect(await logOf(fixture)).toContain('ValueError: unlucky');
  });
});
