import {
  CreateModelCommand,
  CreateProcessingJobCommand,
  CreateTrainingJobCommand,
  CreateTransformJobCommand,
  DeleteTrainingJobCommand,
  DescribeProcessingJobCommand,
  DescribeTrainingJobCommand,
  DescribeTransformJobCommand,
  ListProcessingJobsCommand,
  ListTagsCommand,
  ListTrainingJobsCommand,
  ListTransformJobsCommand,
  SearchCommand,
  StopTrainingJobCommand,
  UpdateTrainingJobCommand,
  waitUntilProcessingJobCompletedOrStopped,
  waitUntilTrainingJobCompletedOrStopped,
  waitUntilTransformJobCompletedOrStopped,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processingRequest, trainingRequest } from '../../harness/job-requests.ts';
import { type ApiFixture, openApi } from '../harness.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const waiting = () => ({ client: api.client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 });

async function train(name: string, source: string, more = {}) {
  const request = await trainingRequest(api.jobs, name, source, more);
  return api.client.send(new CreateTrainingJobCommand(request));
}

async function trained(name: string) {
  await api.jobs.jobs.training.wait(name);
  return api.client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
}

describe('training jobs', () => {
  test('a job that the AWS SDK creates really runs, and its waiter sees the end', async () => {
    const source =
      "console.log('accuracy=0.75;'); import('node:fs').then((fs) => fs.writeFileSync('/opt/ml/model/m', '1'));";
    const { TrainingJobArn: arn } = await train('Real-Job', source, {
      HyperParameters: { rate: '0.5' },
      AlgorithmSpecification: { MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=(.*?);' }] },
    });
    expect(arn).toBe('arn:aws:sagemaker:us-east-1:123456789012:training-job/real-job');
    const name = { TrainingJobName: 'Real-Job' };
    await waitUntilTrainingJobCompletedOrStopped(waiting(), name);
    const job = await api.client.send(new DescribeTrainingJobCommand(name));
    expect(job).toMatchObject({
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      HyperParameters: { rate: '0.5' },
      ModelArtifacts: { S3ModelArtifacts: `s3://${api.jobs.bucket}/out/Real-Job/output/model.tar.gz` },
      FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0.75 }],
    });
    expect(job.TrainingEndTime).toBeInstanceOf(Date);
    expect(job.SecondaryStatusTransitions?.map((each) => each.Status)).toContain('Training');
  });

  test('a name is given once', async () => {
    await train('once', '');
    await expect(train('once', '')).rejects.toMatchObject({
      name: 'ResourceInUse',
      message:
        'Training job names must be unique within an AWS account and region, and a training job with this name already exists (arn:aws:sagemaker:us-east-1:123456789012:training-job/once)',
    });
    await expect(train('Once', '')).rejects.toMatchObject({
      name: 'ResourceInUse',
      message: expect.stringContaining('training-job/once') as string,
    });
    await trained('once');
  });

  test('a job is stopped; one that has ended cannot be', async () => {
    await train(
      'endless',
      'setInterval(() => undefined, 1000); process.on("SIGTERM", () => process.exit(0));',
    );
    await api.client.send(new StopTrainingJobCommand({ TrainingJobName: 'endless' }));
    expect(await trained('endless')).toMatchObject({ TrainingJobStatus: 'Stopped' });
    await expect(
      api.client.send(new StopTrainingJobCommand({ TrainingJobName: 'endless' })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The request was rejected because the training job is in status Stopped.',
    });
  });

  test('a job under way is updated, not deleted; afterwards the other way round', async () => {
    await train(
      'changing',
      'setInterval(() => undefined, 1000); process.on("SIGTERM", () => process.exit(0));',
    );
    const name = { TrainingJobName: 'changing' };
    const update = { ...name, RemoteDebugConfig: { EnableRemoteDebug: true } };
    await api.client.send(new UpdateTrainingJobCommand(update));
    const job = await api.client.send(new DescribeTrainingJobCommand(name));
    expect(job.RemoteDebugConfig).toEqual({ EnableRemoteDebug: true });
    await expect(api.client.send(new DeleteTrainingJobCommand(name))).rejects.toMatchObject({
      name: 'ResourceInUse',
    });
    await api.client.send(new StopTrainingJobCommand(name));
    await trained('changing');
    await expect(api.client.send(new UpdateTrainingJobCommand(update))).rejects.toMatchObject({
      message: 'The request was rejected because the training job is in status Stopped.',
    });
    await api.client.send(new DeleteTrainingJobCommand(name));
    await expect(api.client.send(new DescribeTrainingJobCommand(name))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Requested resource not found.',
    });
  });

  test('tags of the creation stay with the job', async () => {
    const { TrainingJobArn: arn } = await train('with-tags', '', { Tags: [{ Key: 'team', Value: 'ml' }] });
    const listed = await api.client.send(new ListTagsCommand({ ResourceArn: arn }));
    expect(listed.Tags).toEqual([{ Key: 'team', Value: 'ml' }]);
    await trained('with-tags');
  });
});

describe('processing and transform jobs', () => {
  test('a processing job runs to its end', async () => {
    const request = await processingRequest(api.jobs, 'process-1', "console.log('hello')");
    await api.client.send(new CreateProcessingJobCommand(request));
    const name = { ProcessingJobName: 'process-1' };
    await waitUntilProcessingJobCompletedOrStopped(waiting(), name);
    const job = await api.client.send(new DescribeProcessingJobCommand(name));
    expect(job).toMatchObject({
      ProcessingJobStatus: 'Completed',
      ProcessingInputs: [
        {
          AppManaged: false,
          S3Input: {
            S3InputMode: 'File',
            S3DataDistributionType: 'FullyReplicated',
            S3CompressionType: 'None',
          },
        },
      ],
    });
    const listed = await api.client.send(new ListProcessingJobsCommand({ StatusEquals: 'Completed' }));
    expect(listed.ProcessingJobSummaries?.map((each) => each.ProcessingJobName)).toEqual(['process-1']);
  });

  test('names that no job has are told in the words of each type', async () => {
    await expect(
      api.client.send(new DescribeProcessingJobCommand({ ProcessingJobName: 'absent' })),
    ).rejects.toMatchObject({ message: 'Could not find requested job with name: absent' });
    await expect(
      api.client.send(new DescribeTransformJobCommand({ TransformJobName: 'absent' })),
    ).rejects.toMatchObject({ message: 'Could not find requested job with name: absent' });
  });

  test('a transform job of a model that cannot be served fails with a reason', async () => {
    const request = (model: string) =>
      new CreateTransformJobCommand({
        TransformJobName: 'transform-1',
        ModelName: model,
        TransformInput: {
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${api.jobs.bucket}/code/` } },
        },
        TransformOutput: { S3OutputPath: `s3://${api.jobs.bucket}/transformed` },
        TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
      });
    await expect(api.client.send(request('absent'))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/absent".',
    });
    const model = { ModelName: 'strange', PrimaryContainer: { Image: 'somewhere/strange:1' } };
    await api.client.send(new CreateModelCommand(model));
    await api.client.send(request('strange'));
    const name = { TransformJobName: 'transform-1' };
    await waitUntilTransformJobCompletedOrStopped(waiting(), name).catch(() => undefined);
    const job = await api.client.send(new DescribeTransformJobCommand(name));
    expect(job).toMatchObject({
      TransformJobStatus: 'Failed',
      TransformInput: { CompressionType: 'None', SplitType: 'None' },
      TransformOutput: { AssembleWith: 'None' },
      DataProcessing: { InputFilter: '$', OutputFilter: '$', JoinSource: 'None' },
    });
    expect(job.FailureReason).toContain('somewhere/strange:1');
    const listed = await api.client.send(new ListTransformJobsCommand({}));
    expect(listed.TransformJobSummaries?.[0]).toMatchObject({ TransformJobStatus: 'Failed' });
  });
});

describe('lists and searches', () => {
  const names = Array.from({ length: 12 }, (_, index) => `listed-${String(index).padStart(2, '0')}`);
  beforeAll(async () => {
    for (const [index, name] of names.entries()) {
      const source = index % 3 === 0 ? 'process.exit(1)' : '';
      await train(name, source, {
        HyperParameters: { depth: String(index) },
        Tags: [{ Key: 'n', Value: name }],
      });
      await api.jobs.jobs.training.wait(name);
    }
  });

  const list = (input: object) =>
    api.client.send(new ListTrainingJobsCommand({ NameContains: 'listed', ...input }));
  const namesOf = (page: Awaited<ReturnType<typeof list>>) =>
    page.TrainingJobSummaries?.map((each) => each.TrainingJobName);

  test.each([
    [{ SortBy: 'Name', SortOrder: 'Ascending' }, names],
    [{ SortBy: 'Name', SortOrder: 'Descending' }, names.toReversed()],
    [{ SortBy: 'CreationTime', SortOrder: 'Ascending' }, names],
    [{}, names],
    [{ SortOrder: 'Descending' }, names.toReversed()],
    [
      { SortBy: 'Status', SortOrder: 'Ascending' },
      [...names.filter((_, index) => index % 3 !== 0), ...names.filter((_, index) => index % 3 === 0)],
    ],
  ])('a list sorted by %o is the same whatever the page', async (sort, expected) => {
    for (const size of [1, 5, 12, 100]) {
      const seen: (string | undefined)[] = [];
      for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
        const page = await list({ ...sort, MaxResults: size, NextToken: token });
        seen.push(...(namesOf(page) ?? []));
        token = page.NextToken;
      }
      expect(seen).toEqual(expected);
    }
  });

  test('MaxResults counts before StatusEquals picks, as AWS documents it', async () => {
    const page = await list({
      SortBy: 'Name',
      SortOrder: 'Ascending',
      MaxResults: 4,
      StatusEquals: 'Failed',
    });
    expect(namesOf(page)).toEqual(['listed-00', 'listed-03']);
    expect(page.NextToken).toBeDefined();
  });

  test('times are filtered', async () => {
    const all = await list({ SortOrder: 'Ascending', MaxResults: 100 });
    const middle = all.TrainingJobSummaries?.[5]?.CreationTime as Date;
    const later = await list({ CreationTimeAfter: middle, SortOrder: 'Ascending', MaxResults: 100 });
    expect(namesOf(later)).toEqual(names.slice(6));
    expect(namesOf(await list({ LastModifiedTimeBefore: new Date(0) }))).toEqual([]);
  });

  test('a token of another order, or of nobody, is refused', async () => {
    const page = await list({ MaxResults: 2 });
    for (const input of [{ NextToken: page.NextToken, SortBy: 'Name' as const }, { NextToken: 'nonsense' }]) {
      await expect(list(input)).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  const filters = (...Filters: object[]) => ({ Filters });
  test.each([
    [filters({ Name: 'TrainingJobName', Operator: 'Contains', Value: 'listed-0' }), names.slice(0, 10)],
    [filters({ Name: 'HyperParameters.depth', Operator: 'GreaterThan', Value: '9' }), names.slice(10)],
    [filters({ Name: 'Tags.n', Operator: 'Equals', Value: 'listed-07' }), ['listed-07']],
    [filters({ Name: 'Tags.n', Operator: 'In', Value: 'listed-01, listed-02' }), ['listed-01', 'listed-02']],
    [
      {
        ...filters({ Name: 'Tags.n', Value: 'listed-01' }, { Name: 'HyperParameters.depth', Value: '2' }),
        Operator: 'Or',
      },
      ['listed-01', 'listed-02'],
    ],
    [
      {
        ...filters({ Name: 'Tags.n', Operator: 'Exists' }),
        SubExpressions: [filters({ Name: 'TrainingJobStatus', Operator: 'Equals', Value: 'Failed' })],
      },
      ['listed-00', 'listed-03', 'listed-06', 'listed-09'],
    ],
    [
      {
        ...filters({ Name: 'HyperParameters.depth', Operator: 'LessThanOrEqualTo', Value: '1' }),
        NestedFilters: [
          {
            NestedPropertyName: 'InputDataConfig',
            Filters: [{ Name: 'InputDataConfig.ChannelName', Operator: 'Equals', Value: 'code' }],
          },
        ],
      },
      ['listed-00', 'listed-01'],
    ],
    [filters({ Name: 'Metrics.loss', Operator: 'LessThan', Value: '1' }), []],
    [
      filters(
        { Name: 'InputDataConfig.ChannelName', Value: 'code' },
        { Name: 'EnableManagedSpotTraining', Operator: 'Equals', Value: 'False' },
        { Name: 'Tags.n', Operator: 'In', Value: 'listed-04,listed-05' },
      ),
      ['listed-04', 'listed-05'],
    ],
    [filters({ Name: 'InputDataConfig.ChannelName', Operator: 'NotEquals', Value: 'code' }), []],
    [filters({ Name: 'CreationTime', Operator: 'LessThan', Value: '2020-01-01T00:00:00' }), []],
  ])('a search for %j', async (expression, expected) => {
    const seen: (string | undefined)[] = [];
    for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
      const page = await api.client.send(
        new SearchCommand({
          Resource: 'TrainingJob',
          SearchExpression: expression as never,
          SortBy: 'TrainingJobName',
          SortOrder: 'Ascending',
          MaxResults: 3,
          NextToken: token,
        }),
      );
      seen.push(...(page.Results ?? []).map((each) => each.TrainingJob?.TrainingJobName));
      token = page.NextToken;
    }
    expect(seen).toEqual(expected);
  });

  const nested = (name: string, ...Filters: object[]) => ({
    NestedFilters: [{ NestedPropertyName: name, Filters }],
  });
  test.each([
    [
      filters({ Name: 'TrainingJobNam', Value: 'a' }),
      /^Unknown property name: TrainingJobNam is no property/,
    ],
    [filters({ Name: 'OutputDataConfig.S3Path', Value: 'a' }), /^Unknown property name/],
    [filters({ Name: '__proto__', Operator: 'Exists' }), /^Unknown property name/],
    [{ SubExpressions: [filters({ Name: 'Nothing', Value: 'a' })] }, /^Unknown property name/],
    [nested('InputDataConfig', { Name: 'InputDataConfig.Nothing', Value: 'a' }), /^Unknown property name/],
    [nested('Inputs', { Name: 'Inputs.ChannelName', Value: 'a' }), /^Unknown property name/],
    [nested('OutputDataConfig', { Name: 'S3OutputPath', Value: 'a' }), /is no list/],
    [filters({ Name: 'InputDataConfig', Value: 'a' }), /has parts/],
    [filters({ Name: 'TrainingJobName', Operator: 'LessThan', Value: 'a' }), /not supported for text/],
    [filters({ Name: 'CreationTime', Operator: 'Contains', Value: '2' }), /only supported for text/],
    [filters({ Name: 'BillableTimeInSeconds', Value: 'ten' }), /is a number, not "ten"/],
    [filters({ Name: 'CreationTime', Operator: 'LessThan', Value: 'now' }), /must be an ISO 8601 date-time/],
    [filters({ Name: 'EnableNetworkIsolation', Value: 'yes' }), /is true or false/],
    [filters({ Name: 'TrainingJobName', Operator: 'Equals' }), /needs a Value/],
    [filters({ Name: 'TrainingJobName', Operator: 'Exists', Value: 'a' }), /takes no Value/],
    [
      filters(...['a', 'b'].map((Value) => ({ Name: 'TrainingJobName', Operator: 'Contains', Value }))),
      /^'CONTAINS' operator usage limit of 1 exceeded\.$/,
    ],
  ])('a search for %j, which can find nothing, is refused', async (SearchExpression, message) => {
    const search = { Resource: 'TrainingJob' as const, SearchExpression: SearchExpression as never };
    await expect(api.client.send(new SearchCommand(search))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a search is sorted by a property that there is, and finds no jobs of other accounts', async () => {
    for (const SortBy of ['Nothing', 'InputDataConfig']) {
      await expect(
        api.client.send(new SearchCommand({ Resource: 'TrainingJob', SortBy })),
      ).rejects.toMatchObject({ name: 'ValidationException' });
    }
    const others = { Resource: 'TrainingJob', CrossAccountFilterOption: 'CrossAccount' } as const;
    expect((await api.client.send(new SearchCommand(others))).Results).toEqual([]);
  });
});
