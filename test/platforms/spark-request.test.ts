import { describe, expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import type { ProcessingTask } from '../../src/graph/types.ts';
import { buildProcessingRequest } from '../../src/platforms/request/processing-request.ts';

const options = {
  account: DEFAULT_ACCOUNT,
  roleArn: 'arn:aws:iam::123456789012:role/R',
  codeUri: 's3://b/run/node/job-1/code/',
};

const task: ProcessingTask = {
  type: 'processing',
  name: 'etl',
  interface: { inputs: {}, outputs: {} },
  framework: 'spark',
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  volumeSizeInGB: 30,
  script: { entry: 'etl.py', directory: '/p', whole: true },
  arguments: ['{input:raw}', '--to={output:clean}'],
  environment: {},
  maxRuntimeInSeconds: 3600,
  inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
  outputs: { clean: { localPath: '/opt/ml/processing/output/clean', uploadMode: 'EndOfJob' } },
  propertyFiles: {},
  spark: {
    jars: ['lib/a.jar', 's3://jars/b.jar'],
    pyFiles: ['scoring.py'],
    files: ['weights.json'],
    conf: { 'spark.executor.memory': '2g' },
  },
};

function request(change: Partial<ProcessingTask> = {}, requirements = false) {
  const changed = { ...task, ...change };
  const inputs = { raw: 's3://data/raw' };
  const invocation = { task: changed, inputs, jobName: 'job-1', outputUri: 's3://b/run/node' };
  return buildProcessingRequest(changed, invocation, { ...options, requirements });
}

const CODE = '/opt/ml/processing/input/code';

describe('a Spark application as a processing job', () => {
  test('is submitted as the SageMaker SDK submits it: options first, objects before files', () => {
    expect(request().AppSpecification).toEqual({
      ImageUri: '173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu',
      ContainerEntrypoint: [
        'smspark-submit',
        '--jars',
        `s3://jars/b.jar,${CODE}/lib/a.jar`,
        '--py-files',
        `${CODE}/scoring.py`,
        '--files',
        `${CODE}/weights.json`,
        `${CODE}/etl.py`,
      ],
      ContainerArguments: [
        'file:///opt/ml/processing/input/raw',
        '--to=file:///opt/ml/processing/output/clean',
      ],
    });
  });

  test('brings its properties as the input conf', () => {
    expect(
      request().ProcessingInputs?.map(({ InputName, S3Input }) => [
        InputName,
        S3Input?.S3Uri,
        S3Input?.LocalPath,
      ]),
    ).toEqual([
      ['raw', 's3://data/raw', '/opt/ml/processing/input/raw'],
      ['conf', 's3://b/run/node/job-1/conf/', '/opt/ml/processing/input/conf'],
      ['code', 's3://b/run/node/job-1/code/', CODE],
    ]);
    expect(request({ spark: {} }).ProcessingInputs?.map(({ InputName }) => InputName)).toEqual([
      'raw',
      'code',
    ]);
  });

  test('writes straight to S3 where several hosts write', () => {
    expect(request({ instanceCount: 2 }).AppSpecification?.ContainerArguments).toEqual([
      'file:///opt/ml/processing/input/raw',
      '--to=s3://b/run/node/job-1/output/clean',
    ]);
  });

  test('a jar has its class, another region another account, and requirements are installed on each host', () => {
    const jar = request({
      script: { entry: 'app.jar', directory: '/p', whole: true },
      spark: { className: 'com.Main' },
    });
    expect(jar.AppSpecification?.ContainerEntrypoint).toEqual([
      'smspark-submit',
      '--class',
      'com.Main',
      `${CODE}/app.jar`,
    ]);
    const installs = request({ spark: {} }, true).AppSpecification?.ContainerEntrypoint;
    expect(installs?.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    expect(installs?.slice(-2)).toEqual(['smspark-submit', `${CODE}/etl.py`]);
  });

  test('a script of the framework alone is an application too', () => {
    const { spark: _, ...alone } = task;
    const invocation = { task: alone, inputs: { raw: 's3://data/raw' }, jobName: 'job-1' };
    const { AppSpecification: app } = buildProcessingRequest(alone, invocation, options);
    expect(app?.ContainerEntrypoint).toEqual(['smspark-submit', `${CODE}/etl.py`]);
  });

  test('an argument that names an input that was not given is refused', () => {
    const invocation = { task, inputs: {}, jobName: 'job-1' };
    expect(() => buildProcessingRequest(task, invocation, options)).toThrow(
      "arguments: '{input:raw}' names an input that was not given.",
    );
  });
});
