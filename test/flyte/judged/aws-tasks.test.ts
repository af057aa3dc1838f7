import {
  DescribeTrainingJobCommand,
  type DescribeTrainingJobResponse,
  ListTrainingJobsCommand,
} from '@aws-sdk/client-sagemaker';
import { decode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsGate, openAwsGate, THROTTLED } from '../../harness/aws-gate.ts';
import type { ConnectorFixture } from '../../harness/flyte-connector.ts';
import { type AwsService, connectorFor, startAwsService } from './aws-service.ts';
import { type Judged, type JudgeEvent, judge, type ProtoJsonLiteral } from './judge.ts';

let aws: AwsService;
let connector: ConnectorFixture;
beforeAll(async () => {
  aws = await startAwsService();
  connector = await connectorFor(aws.serve.url);
}, 300_000);
afterAll(async () => {
  await connector?.[Symbol.asyncDispose]();
  await aws?.[Symbol.asyncDispose]();
});

const dictionary = (literal: ProtoJsonLiteral | undefined) =>
  decode(Buffer.from(literal?.scalar?.binary?.value ?? '', 'base64')) as Record<string, unknown>;
const jobsOf = ({ tasks }: Judged) => [
  ...new Set(tasks.flatMap(({ customInfo }) => (customInfo?.['job'] as string | undefined) ?? [])),
];
const training = (TrainingJobName: string): Promise<DescribeTrainingJobResponse> =>
  aws.serve.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
const phasesOf = ({ tasks }: Judged) => [...new Set(tasks.map(({ phase }) => phase))];

// Each waits for Flyte, which asks every five seconds: together they take hardly longer than one.
describe.concurrent('flytekit’s own task types for SageMaker, under Propeller', { timeout: 400_000 }, () => {
  test('processing and training succeed, with flytekit’s results and whole numbers', async ({ expect }) => {
    const inputs = { rows: 3, epochs: 2 };
    const judged = await judge({ workflow: 'aws_jobs.prepare_and_train', port: connector.port, inputs });
    expect(judged).toMatchObject({ phase: 'Succeeded' });
    const trained = dictionary(judged.outputs['o1']);
    expect(dictionary(judged.outputs['o0'])).toMatchObject({ Outputs: [{ OutputName: 'rows' }] });
    expect(trained).toMatchObject({ FinalMetricDataList: [{ MetricName: 'loss', Value: 0.5 }] });
    await expect(training(String(trained['TrainingJobName']))).resolves.toMatchObject({
      HyperParameters: { epochs: '2', fail: 'never' },
      StoppingCondition: { MaxRuntimeInSeconds: 600 },
    });
  });

  test('a retry of the user is a new job, and the last failure tells why', async ({ expect }) => {
    const judged = await judge({ workflow: 'aws_jobs.train_badly', port: connector.port });
    expect(judged.phase).toBe('Failed');
    expect(judged.error).toMatchObject({
      code: expect.stringContaining('RetriesExhausted'),
      message: expect.stringContaining('AlgorithmError: it was to fail'),
    });
    expect([...new Set(judged.tasks.map(({ attempt }) => attempt))]).toEqual([0, 1, 2]);
    expect(jobsOf(judged)).toHaveLength(3);
  });

  test('a retry is a new job where the name is always the same', async ({ expect }) => {
    const inputs = { seconds: 601 };
    const judged = await judge({ workflow: 'aws_jobs.train_under_one_name', port: connector.port, inputs });
    expect(judged.phase).toBe('Failed');
    expect(jobsOf(judged)).toEqual(['the-only-name-601', 'the-only-name-601-1']);
  });

  test('aborted, the job is stopped', async ({ expect }) => {
    const flags = ['-abort-after', '30s'];
    const judged = await judge({ workflow: 'aws_jobs.train_forever', port: connector.port, flags });
    expect(judged.phase).toBe('Aborted');
    const [name = ''] = jobsOf(judged);
    await expect
      .poll(async () => (await training(name)).TrainingJobStatus, { timeout: 120_000 })
      .toBe('Stopped');
  });

  test('its time over, the job is stopped', async ({ expect }) => {
    const judged = await judge({ workflow: 'aws_jobs.train_too_long', port: connector.port });
    expect(judged.error?.message).toMatch(/timeout/i);
    const [name = ''] = jobsOf(judged);
    await expect
      .poll(async () => (await training(name)).TrainingJobStatus, { timeout: 120_000 })
      .toBe('Stopped');
  });

  test('tuning has failed at once, in plain words', async ({ expect }) => {
    const judged = await judge({ workflow: 'aws_jobs.tune_here', port: connector.port });
    expect(judged.phase).toBe('Failed');
    expect(judged.error?.message).toContain('has no HyperParameterTuningJob of SageMaker');
    expect([...new Set(judged.tasks.map(({ attempt }) => attempt))]).toEqual([0]);
  });

  test('boto is one request', async ({ expect }) => {
    const inputs = { model: 's3://flyte/models/none.tar.gz' };
    const judged = await judge({ workflow: 'aws_jobs.make_model', port: connector.port, inputs });
    expect(judged.phase).toBe('Succeeded');
    const token = judged.outputs['o1']?.scalar?.primitive?.stringValue ?? '';
    expect(token).toMatch(/^[0-9a-f]{16}$/);
    expect(dictionary(judged.outputs['o0'])).toEqual({
      ModelArn: `arn:aws:sagemaker:us-east-1:123456789012:model/flyte-${token}`,
    });
  });

  test('throttled at every step, the workflow succeeds', async ({ expect }) => {
    const gate = await openAwsGate(aws.serve.url);
    const throttled = await connectorFor(gate.url);
    try {
      gate.refusal = { operations: /^Create/, ...THROTTLED };
      const judged = await judge({
        workflow: 'aws_jobs.prepare_and_train',
        port: throttled.port,
        inputs: { rows: 1, epochs: 1 },
        onEvent: (event) => throttleNext(gate, event),
      });
      expect(judged).toMatchObject({ phase: 'Succeeded' });
      expect(phasesOf(judged)).not.toContain('FAILED');
      expect(gate.asked.filter((each) => each === 'CreateProcessingJob').length).toBeGreaterThan(2);
    } finally {
      await throttled[Symbol.asyncDispose]();
      await gate[Symbol.asyncDispose]();
    }
  });
});

/** First what creates is throttled; once Flyte has seen the job waiting, what describes, for some time; then nothing. */
function throttleNext(gate: AwsGate, { event, phase, reason }: JudgeEvent): void {
  if (
    event !== 'task' ||
    phase !== 'QUEUED' ||
    reason === 'Allocation token required' ||
    reason === 'launched'
  )
    return;
  gate.refusal = { operations: /^Describe/, ...THROTTLED };
  setTimeout(() => {
    gate.refusal = undefined;
  }, 12_000).unref();
}

test('no job was made twice', async () => {
  const { TrainingJobSummaries: jobs = [] } = await aws.serve.sagemaker.send(
    new ListTrainingJobsCommand({ NameContains: 'the-only-name' }),
  );
  expect(jobs).toHaveLength(2);
});
