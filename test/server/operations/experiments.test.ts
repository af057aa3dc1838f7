import {
  AddTagsCommand,
  AssociateTrialComponentCommand,
  CreateExperimentCommand,
  CreateProcessingJobCommand,
  CreateTrialCommand,
  CreateTrialComponentCommand,
  DeleteExperimentCommand,
  DeleteTrialCommand,
  DeleteTrialComponentCommand,
  DescribeExperimentCommand,
  DescribeTrialCommand,
  DescribeTrialComponentCommand,
  DisassociateTrialComponentCommand,
  ListExperimentsCommand,
  ListTagsCommand,
  ListTrialComponentsCommand,
  ListTrialsCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiFixture, openApi } from '../harness.ts';
import { validRequests } from '../wire/valid-requests.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const arnOf = (kind: string, name: string) => `arn:aws:sagemaker:us-east-1:123456789012:${kind}/${name}`;

test('an experiment, its trial and its component are described, listed by what they belong to, and tagged', async () => {
  const { client } = api;
  const { ExperimentArn } = await client.send(
    new CreateExperimentCommand({ ExperimentName: 'Exp', Description: 'first' }),
  );
  expect(ExperimentArn).toBe(arnOf('experiment', 'exp'));
  await client.send(
    new CreateTrialCommand({ ExperimentName: 'Exp', TrialName: 'tri', DisplayName: 'Trial-1' }),
  );
  const start = new Date('2026-01-02T03:04:05Z');
  await client.send(
    new CreateTrialComponentCommand({
      TrialComponentName: 'part',
      StartTime: start,
      Status: { PrimaryStatus: 'Completed' },
      Parameters: { lr: { NumberValue: 0.5 } },
    }),
  );
  const both = { TrialName: 'tri', TrialComponentName: 'part' };
  await client.send(new AssociateTrialComponentCommand(both));
  expect(await client.send(new DescribeExperimentCommand({ ExperimentName: 'Exp' }))).toMatchObject({
    ExperimentName: 'Exp',
    DisplayName: 'Exp',
    Description: 'first',
    CreationTime: expect.any(Date),
  });
  expect(await client.send(new DescribeTrialCommand({ TrialName: 'tri' }))).toMatchObject({
    TrialArn: arnOf('experiment-trial', 'tri'),
    ExperimentName: 'Exp',
    DisplayName: 'Trial-1',
  });
  expect(await client.send(new DescribeTrialComponentCommand({ TrialComponentName: 'part' }))).toMatchObject({
    StartTime: start,
    Status: { PrimaryStatus: 'Completed' },
    Parameters: { lr: { NumberValue: 0.5 } },
  });
  const namesOf = (rows: readonly object[] | undefined, member: string) =>
    rows?.map((row) => (row as Record<string, unknown>)[member]);
  const experiments = await client.send(new ListExperimentsCommand({}));
  expect(namesOf(experiments.ExperimentSummaries, 'ExperimentName')).toEqual(['Exp']);
  for (const input of [{ ExperimentName: 'Exp' }, { TrialComponentName: 'part' }, {}])
    expect(namesOf((await client.send(new ListTrialsCommand(input))).TrialSummaries, 'TrialName')).toEqual([
      'tri',
    ]);
  for (const input of [{ ExperimentName: 'Exp' }, { TrialName: 'tri' }, {}]) {
    const { TrialComponentSummaries: found } = await client.send(new ListTrialComponentsCommand(input));
    expect(namesOf(found, 'TrialComponentName')).toEqual(['part']);
  }
  await client.send(new AddTagsCommand({ ResourceArn: ExperimentArn, Tags: [{ Key: 'a', Value: 'b' }] }));
  expect((await client.send(new ListTagsCommand({ ResourceArn: ExperimentArn }))).Tags).toEqual([
    { Key: 'a', Value: 'b' },
  ]);
  await expect(client.send(new CreateExperimentCommand({ ExperimentName: 'Exp' }))).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      'Experiment names must be unique within an AWS account and region. Experiment with name (Exp) already exists.',
  });
  // From the inside out.
  for (const [command, message] of [
    [
      new DeleteExperimentCommand({ ExperimentName: 'Exp' }),
      "Experiment 'Exp' has trials, such as 'tri': delete them first.",
    ],
    [
      new DeleteTrialCommand({ TrialName: 'tri' }),
      "Trial 'tri' has trial components, such as 'part': disassociate them first.",
    ],
    [
      new DeleteTrialComponentCommand({ TrialComponentName: 'part' }),
      "Trial component 'part' is associated with trial 'tri': disassociate it first.",
    ],
  ] as const)
    await expect(client.send(command as DeleteTrialCommand)).rejects.toMatchObject({ message });
  await client.send(new DisassociateTrialComponentCommand(both));
  await expect(client.send(new DisassociateTrialComponentCommand(both))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  });
  await client.send(new DeleteTrialComponentCommand({ TrialComponentName: 'part' }));
  await client.send(new DeleteTrialCommand({ TrialName: 'tri' }));
  await client.send(new DeleteExperimentCommand({ ExperimentName: 'Exp' }));
  await expect(client.send(new DescribeExperimentCommand({ ExperimentName: 'Exp' }))).rejects.toMatchObject({
    name: 'ResourceNotFound',
    message: "Experiment 'Exp' does not exist.",
  });
});

test('lists go on where the page before has ended', async () => {
  for (const name of ['page-b', 'page-a', 'page-c'])
    await api.client.send(new CreateExperimentCommand({ ExperimentName: name }));
  const found: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await api.client.send(
      new ListExperimentsCommand({ MaxResults: 2, SortBy: 'Name', SortOrder: 'Ascending', NextToken }),
    );
    found.push(...(page.ExperimentSummaries ?? []).map(({ ExperimentName }) => ExperimentName));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(found.filter((name) => name?.startsWith('page-'))).toEqual(['page-a', 'page-b', 'page-c']);
});

test('a job of an experiment is a component of its trial; of one that there is not it is refused', async () => {
  const job = (name: string, ExperimentConfig: object) =>
    api.client.send(
      new CreateProcessingJobCommand({
        ...validRequests['CreateProcessingJob'],
        ProcessingJobName: name,
        ExperimentConfig,
      } as ConstructorParameters<typeof CreateProcessingJobCommand>[0]),
    );
  await expect(job('none', { ExperimentName: 'absent' })).rejects.toMatchObject({ name: 'ResourceNotFound' });
  await api.client.send(new CreateExperimentCommand({ ExperimentName: 'jobs' }));
  await api.client.send(new CreateTrialCommand({ ExperimentName: 'jobs', TrialName: 'one' }));
  await api.client.send(new CreateExperimentCommand({ ExperimentName: 'others' }));
  await expect(job('other', { ExperimentName: 'others', TrialName: 'one' })).rejects.toMatchObject({
    message: "Trial 'one' is one of experiment 'jobs', not 'others'.",
  });
  await job('first', { ExperimentName: 'jobs', TrialName: 'one' });
  await job('second', { ExperimentName: 'jobs' });
  const { TrialComponentSummaries: found } = await api.client.send(
    new ListTrialComponentsCommand({ ExperimentName: 'jobs', SortOrder: 'Ascending' }),
  );
  expect(found).toMatchObject([
    {
      TrialComponentName: 'first-aws-processing-job',
      TrialComponentSource: {
        SourceType: 'SageMakerProcessingJob',
        SourceArn: arnOf('processing-job', 'first'),
      },
    },
    { TrialComponentName: 'second-aws-processing-job' },
  ]);
  const described = await api.client.send(
    new DescribeTrialComponentCommand({ TrialComponentName: 'first-aws-processing-job' }),
  );
  expect(described.Source?.SourceArn).toBe(arnOf('processing-job', 'first'));
  expect(['InProgress', 'Failed']).toContain(described.Status?.PrimaryStatus);
});
