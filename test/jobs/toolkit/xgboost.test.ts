// Needs: python
import type {
  Channel,
  CreateTrainingJobRequest,
  DescribeTrainingJobResponse,
} from '@aws-sdk/client-sagemaker';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JobsOptions } from '../../../src/jobs/index.ts';
import { archiveFiles } from '../../harness/archive.ts';
import { channel, keysBelow, objectBytes, objectText } from '../../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { activate, pythonForModels, pythonForXgboost } from '../../harness/python.ts';

const IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1';

/** With all that the image has. */
let whole: string;
let environment: string;
beforeAll(async () => {
  whole = await pythonForModels();
  environment = await pythonForXgboost();
}, 600_000);

/** A home whose jobs go without scikit-learn, if they do not need it. */
function openLean(options: Partial<JobsOptions> = {}): Promise<JobsFixture> {
  return openJobs({ ...options, configuration: { images: [], frameworks: { missingPackages: 'report' } } });
}

/** Rows whose label says whether the first number is above a half. */
function rows(count: number, write: (label: number, features: readonly number[]) => string): string {
  const lines = Array.from({ length: count }, (_, row) => {
    const features = [((row * 37) % 100) / 100, ((row * 61) % 100) / 100];
    return write((features[0] as number) > 0.5 ? 1 : 0, features);
  });
  return `${lines.join('\n')}\n`;
}
const csv = (label: number, features: readonly number[]) => [label, ...features].join(',');
const libsvm = (label: number, features: readonly number[]) =>
  [label, ...features.map((value, index) => `${index}:${value}`)].join(' ');

interface Training {
  readonly hyperparameters?: Readonly<Record<string, string>>;
  readonly channels?: readonly Channel[];
  readonly image?: string;
  readonly more?: Partial<CreateTrainingJobRequest>;
}

async function train(
  fixture: JobsFixture,
  name: string,
  { hyperparameters, channels, image = IMAGE, more }: Training = {},
): Promise<DescribeTrainingJobResponse> {
  await fixture.store.put(fixture.bucket, 'train/rows.csv', rows(120, csv));
  await fixture.store.put(fixture.bucket, 'validation/more.csv', rows(40, csv));
  const typed = { ContentType: 'text/csv' };
  await fixture.jobs.training.start({
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' },
    // Many threads would wait for each other where tests share few processors.
    HyperParameters: { num_round: '5', nthread: '1', objective: 'binary:logistic', ...hyperparameters },
    InputDataConfig: [
      ...(channels ?? [
        channel(fixture, 'train', 'train/', typed),
        channel(fixture, 'validation', 'validation/', typed),
      ]),
    ],
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    ...more,
  });
  return fixture.jobs.training.wait(name);
}

async function logOf(fixture: JobsFixture, name: string): Promise<string> {
  return (await fixture.jobs.training.logTail(name, 500)).join('\n');
}

async function modelFiles(fixture: JobsFixture, name: string): Promise<string[]> {
  const archive = await objectBytes(fixture, `out/${name}/output/model.tar.gz`);
  return Object.keys(await archiveFiles(archive)).sort();
}

function metrics(job: DescribeTrainingJobResponse): Record<string, number> {
  return Object.fromEntries(
    (job.FinalMetricDataList ?? []).map(({ MetricName: name = '', Value: value = 0 }) => [name, value]),
  );
}

describe.each(executors)('the XGBoost algorithm in the %s executor', (_name, executor) => {
  test('trains from CSV, prints its metrics and leaves xgboost-model', async () => {
    using _python = activate(whole);
    await using fixture = await openJobs({ executor: executor() });
    const job = await train(fixture, 'csv', { hyperparameters: { eval_metric: 'logloss,accuracy' } });
    expect(job.FailureReason).toBeUndefined();
    expect(await modelFiles(fixture, 'csv')).toEqual(['xgboost-model']);
    const log = await logOf(fixture, 'csv');
    expect(log).toMatch(
      /^\[4\]#011train-logloss:0\.\d{5}#011train-accuracy:1\.00000#011validation-logloss:0\.\d{5}#011validation-accuracy:1\.00000$/m,
    );
    expect(log).toContain('Train matrix has 120 rows and 2 columns');
    expect(Object.keys(metrics(job)).sort()).toEqual([
      'train:accuracy',
      'train:logloss',
      'validation:accuracy',
      'validation:logloss',
    ]);
    expect(metrics(job)['validation:accuracy']).toBe(1);
  });

  test('trains one model on several hosts', async () => {
    using _python = activate(environment);
    await using fixture = await openLean({ executor: executor() });
    const job = await train(fixture, 'hosts', {
      more: { ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 } },
    });
    expect(job.FailureReason).toBeUndefined();
    expect(await modelFiles(fixture, 'hosts')).toEqual(['xgboost-model']);
    expect((await logOf(fixture, 'hosts')).match(/\[4\]#011train-logloss/g)).toHaveLength(1);
  });

  test('keeps checkpoints, and goes on from the last one', async () => {
    using _python = activate(environment);
    await using fixture = await openLean({ executor: executor() });
    const more = { CheckpointConfig: { S3Uri: `s3://${fixture.bucket}/checkpoints` } };
    await train(fixture, 'first', { hyperparameters: { num_round: '7' }, more });
    expect((await keysBelow(fixture, 'checkpoints')).sort()).toEqual(
      [2, 3, 4, 5, 6].map((round) => `checkpoints/xgboost-checkpoint.${round}`),
    );
    const job = await train(fixture, 'second', { hyperparameters: { num_round: '9' }, more });
    expect(job.FailureReason).toBeUndefined();
    const log = await logOf(fixture, 'second');
    expect(log).toContain('Resuming from iteration 7');
    expect(log.match(/^\[\d+\]/gm)).toEqual(['[7]', '[8]']);
  });
});

describe('data of the XGBoost algorithm', () => {
  test('is libsvm where nothing is said', async () => {
    using _python = activate(environment);
    await using fixture = await openLean();
    await fixture.store.put(fixture.bucket, 'svm/a', rows(60, libsvm));
    await fixture.store.put(fixture.bucket, 'svm/deeper/b', rows(40, libsvm));
    const job = await train(fixture, 'svm', { channels: [channel(fixture, 'train', 'svm/')] });
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'svm')).toContain('Train matrix has 100 rows and 2 columns');
  });

  test('comes through a pipe, with weights in its second column', async () => {
    using _python = activate(environment);
    await using fixture = await openLean();
    const weighted = rows(80, (label, features) => [label, 1, ...features].join(';'));
    await fixture.store.put(fixture.bucket, 'weighted/a.csv', weighted);
    const piped = { ContentType: 'text/csv; label_size=1', InputMode: 'Pipe' as const };
    const job = await train(fixture, 'pipe', {
      hyperparameters: { csv_weights: '1' },
      channels: [channel(fixture, 'train', 'weighted/', piped)],
    });
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'pipe')).toContain('Train matrix has 80 rows and 2 columns');
  });

  test.each<[string, Training & { readonly content?: string; readonly type?: string }, string]>([
    [
      'a hyperparameter out of range',
      { hyperparameters: { eta: '2' } },
      'Hyperparameter eta: 2.0 is not in [0, 1]',
    ],
    [
      'a missing num_round',
      { hyperparameters: { num_round: 'x' } },
      'Hyperparameter num_round: could not parse value (caused by ValueError)',
    ],
    [
      'an unknown hyperparameter',
      { hyperparameters: { depth: '1' } },
      'Extraneous hyperparameter found: depth',
    ],
    [
      'classes without their number',
      { hyperparameters: { objective: 'multi:softmax' } },
      "Require input for parameter 'num_class' for multi-classification",
    ],
    [
      'a content type that is none',
      { type: 'application/json' },
      "Channel configuration for 'train' channel is not supported: {'ContentType': 'application/json'",
    ],
    ['texts', { content: 'label,x\n1,2\n' }, 'Failed to load csv data with exception:'],
    [
      'a label that is no class',
      { content: '7,2\n8,3\n', hyperparameters: { objective: 'multi:softmax', num_class: '2' } },
      'label must be',
    ],
  ])('%s fails as on SageMaker', async (_what, { content, type, ...training }, reason) => {
    using _python = activate(environment);
    await using fixture = await openLean();
    await fixture.store.put(fixture.bucket, 'bad/a.csv', content ?? '1,2\n');
    const channels = [channel(fixture, 'train', 'bad/', { ContentType: type ?? 'text/csv' })];
    const job = await train(fixture, 'bad', { ...training, channels });
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(
      /^AlgorithmError: framework error: \nTraceback \(most recent call last\):\nsagemaker_algorithm_toolkit\.exceptions\.UserError: /,
    );
    expect(job.FailureReason).toContain(reason);
  });
});

test('a cross-validation leaves a model for each fold and what they predict', async () => {
  using _python = activate(whole);
  await using fixture = await openJobs();
  const job = await train(fixture, 'folds', {
    hyperparameters: { _kfold: '3' },
    more: { OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out`, CompressionType: 'NONE' } },
  });
  expect(job.FailureReason).toBeUndefined();
  expect((await keysBelow(fixture, 'out/folds/output/')).sort()).toEqual([
    'out/folds/output/data/predictions.csv',
    ...[0, 1, 2].map((fold) => `out/folds/output/model/xgboost-model-${fold}`),
  ]);
  const predictions = (await objectText(fixture, 'out/folds/output/data/predictions.csv')).trim().split('\n');
  expect(predictions).toHaveLength(160);
  expect(await logOf(fixture, 'folds')).toMatch(/^\[5\]#011train-logloss:0\.\d{5}/m);
});
