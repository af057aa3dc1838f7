import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  paginateDescribeLogStreams,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processingRequest, trainingRequest } from '../../harness/job-requests.ts';
import { type ApiFixture, credentials, openApi } from '../harness.ts';

const TRAINING = '/aws/sagemaker/TrainingJobs';
const COUNT = 25_000;
/** A stream's name without the time of its job's creation, having checked that it is one. */
function withoutTime(name = ''): string {
  expect(name).toMatch(/\/(algo-\d+|i-[0-9a-f]{17})-\d{10}$/);
  return name.replace(/-\d{10}$/, '');
}

/** The full name of the stream of a host: `many/algo-1-1764288000`. */
async function streamOf(host: string): Promise<string> {
  const { createdAt } = await api.jobs.jobs.training.record(host.split('/')[0] as string);
  return `${host}-${Math.floor(createdAt / 1000)}`;
}

let api: ApiFixture;
let logs: CloudWatchLogsClient;

beforeAll(async () => {
  api = await openApi();
  logs = new CloudWatchLogsClient({ endpoint: api.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  const { training, processing } = api.jobs.jobs;
  const many = `console.log(Array.from({ length: ${COUNT} }, (_, index) => 'line ' + index).join('\\n'))`;
  await training.start(await trainingRequest(api.jobs, 'many', many));
  await training.wait('many');
  const cluster = {
    ResourceConfig: { InstanceType: 'ml.m5.large' as const, InstanceCount: 3, VolumeSizeInGB: 1 },
  };
  await training.start(
    await trainingRequest(api.jobs, 'hosts', "console.log('ERROR here', 'warning')", cluster),
  );
  await training.wait('hosts');
  await training.start(await trainingRequest(api.jobs, 'hosts-2', "console.log('all well')"));
  await training.wait('hosts-2');
  await processing.start(await processingRequest(api.jobs, 'processed', "console.log('done')"));
  await processing.wait('processed');
});
afterAll(async () => {
  logs.destroy();
  await api[Symbol.asyncDispose]();
});

describe('groups and streams', () => {
  test('the groups of SageMaker are there', async () => {
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups?.map((group) => group.logGroupName)).toEqual([
      '/aws/sagemaker/ProcessingJobs',
      '/aws/sagemaker/TrainingJobs',
      '/aws/sagemaker/TransformJobs',
    ]);
    expect(logGroups?.[1]?.arn).toBe(
      'arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:*',
    );
    const times = new DescribeLogStreamsCommand({ logGroupName: '/aws/sagemaker/TrainingJobs' });
    const oldest = Math.min(
      ...((await logs.send(times)).logStreams ?? []).map(({ creationTime = 0 }) => creationTime),
    );
    expect(logGroups?.[2]?.creationTime).toBe(0);
    expect(logGroups?.[1]?.creationTime).toBeGreaterThan(0);
    expect(logGroups?.[1]?.creationTime).toBeLessThanOrEqual(oldest);
    const page = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/sagemaker/Tr', limit: 1 }),
    );
    expect(page.logGroups).toHaveLength(1);
    const next = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/sagemaker/Tr', nextToken: page.nextToken }),
    );
    expect(next.logGroups?.map((group) => group.logGroupName)).toEqual(['/aws/sagemaker/TransformJobs']);
  });

  test.each([
    [{ logStreamNamePrefix: 'hosts/' }, ['hosts/algo-1', 'hosts/algo-2', 'hosts/algo-3']],
    [{ logStreamNamePrefix: 'hosts/algo-2' }, ['hosts/algo-2']],
    [{ logStreamNamePrefix: 'hosts' }, ['hosts/algo-1', 'hosts/algo-2', 'hosts/algo-3', 'hosts-2/algo-1']],
    [{ logStreamNamePrefix: 'absent/' }, []],
    [{ descending: true }, ['many/algo-1', 'hosts-2/algo-1', 'hosts/algo-3', 'hosts/algo-2', 'hosts/algo-1']],
    [
      { orderBy: 'LastEventTime' as const, descending: true },
      ['hosts-2/algo-1', 'hosts/algo-3', 'hosts/algo-2', 'hosts/algo-1', 'many/algo-1'],
    ],
  ])('the streams for %j come the same whatever the page', async (input, expected) => {
    for (const pageSize of [1, 2, 50]) {
      const seen: (string | undefined)[] = [];
      const config = { client: logs, pageSize };
      for await (const page of paginateDescribeLogStreams(config, { logGroupName: TRAINING, ...input })) {
        seen.push(...(page.logStreams ?? []).map((stream) => withoutTime(stream.logStreamName)));
      }
      expect(seen).toEqual(expected);
    }
  });

  test('a stream tells of its first and last event', async () => {
    const { logStreams } = await logs.send(
      new DescribeLogStreamsCommand({ logGroupIdentifier: TRAINING, logStreamNamePrefix: 'many/' }),
    );
    const [stream] = logStreams ?? [];
    expect(stream?.firstEventTimestamp).toBeGreaterThan(Date.now() - 600_000);
    expect(stream?.lastEventTimestamp).toBeGreaterThanOrEqual(stream?.firstEventTimestamp ?? 0);
  });

  test('what does not exist is told in the words of CloudWatch Logs', async () => {
    await expect(
      logs.send(new DescribeLogStreamsCommand({ logGroupName: '/aws/other' })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
    for (const logStreamName of [
      'absent/algo-1-1764288000',
      await streamOf('many/algo-9'),
      'many/algo-1',
      'many',
    ]) {
      await expect(
        logs.send(new GetLogEventsCommand({ logGroupName: TRAINING, logStreamName })),
      ).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      });
    }
    await expect(
      logs.send(new GetLogEventsCommand({ logGroupName: 'a b', logStreamName: 'x' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('events', () => {
  const many = { logGroupName: TRAINING, logStreamName: '' };
  beforeAll(async () => {
    many.logStreamName = await streamOf('many/algo-1');
  });
  const expected = Array.from({ length: COUNT }, (_, index) => `line ${index}`);

  test('following the forward token gives every line once and then the same token', async () => {
    const seen: (string | undefined)[] = [];
    for (let token: string | undefined; ; ) {
      const page = await logs.send(
        new GetLogEventsCommand({ ...many, startFromHead: true, nextToken: token }),
      );
      seen.push(...(page.events ?? []).map((event) => event.message));
      if (page.nextForwardToken === token) break;
      token = page.nextForwardToken;
    }
    expect(seen).toEqual(expected);
  });

  test('without startFromHead the newest come first, and the backward token leads to the rest', async () => {
    const seen: (string | undefined)[] = [];
    for (let token: string | undefined; ; ) {
      const page = await logs.send(new GetLogEventsCommand({ ...many, nextToken: token, limit: 9999 }));
      seen.unshift(...(page.events ?? []).map((event) => event.message));
      if (page.nextBackwardToken === token) break;
      token = page.nextBackwardToken;
    }
    expect(seen).toEqual(expected);
  });

  test('times bound the events', async () => {
    const all = await logs.send(new GetLogEventsCommand({ ...many, startFromHead: true, limit: 1 }));
    const first = all.events?.[0]?.timestamp ?? 0;
    const none = await logs.send(new GetLogEventsCommand({ ...many, endTime: first }));
    expect(none.events).toEqual([]);
    const later = await logs.send(new GetLogEventsCommand({ ...many, startTime: first + 3_600_000 }));
    expect(later.events).toEqual([]);
    const some = await logs.send(
      new GetLogEventsCommand({ ...many, startTime: first, startFromHead: true, limit: 2 }),
    );
    expect(some.events?.map((event) => event.message)).toEqual(['line 0', 'line 1']);
  });

  test('a token of nobody is refused', async () => {
    await expect(logs.send(new GetLogEventsCommand({ ...many, nextToken: 'f/1' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The specified nextToken is invalid.',
    });
  });

  test.each([
    [{ filterPattern: 'ERROR' }, ['hosts/algo-1', 'hosts/algo-2', 'hosts/algo-3']],
    [{ filterPattern: '"all well"' }, ['hosts-2/algo-1']],
    [{ filterPattern: '?ERROR ?well', logStreamNamePrefix: 'hosts-2' }, ['hosts-2/algo-1']],
    [{ filterPattern: 'ERROR -warning' }, []],
    [{ filterPattern: '%well$%' }, ['hosts-2/algo-1']],
    [{ filterPattern: '%^line 2499[89]$%' }, ['many/algo-1', 'many/algo-1']],
  ])('a search with %j finds its events', async (input, expectedStreams) => {
    for (const pageSize of [1, 10_000]) {
      const seen: (string | undefined)[] = [];
      const config = { client: logs, pageSize };
      for await (const page of paginateFilterLogEvents(config, { logGroupName: TRAINING, ...input })) {
        seen.push(...(page.events ?? []).map((event) => withoutTime(event.logStreamName)));
      }
      expect(seen).toEqual(expectedStreams);
    }
  });

  test('a search of named streams looks in no other', async () => {
    const logStreamNames = [await streamOf('hosts/algo-3'), await streamOf('hosts-2/algo-1')];
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: TRAINING, logStreamNames }),
    );
    expect(events?.map((event) => event.logStreamName)).toEqual(logStreamNames);
  });

  test('a search of a whole group gives every event once', async () => {
    const ids = new Set<string | undefined>();
    let count = 0;
    for await (const page of paginateFilterLogEvents(
      { client: logs, pageSize: 777 },
      { logGroupName: TRAINING },
    )) {
      count += page.events?.length ?? 0;
      for (const event of page.events ?? []) ids.add(event.eventId);
    }
    expect(count).toBe(COUNT + 4);
    expect(ids.size).toBe(count);
  });

  test('a pattern for JSON is refused', async () => {
    const input = { logGroupName: TRAINING, filterPattern: '{ $.level = "error" }' };
    await expect(logs.send(new FilterLogEventsCommand(input))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});
