import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  paginateDescribeLogGroups,
  paginateDescribeLogStreams,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { DeleteEndpointCommand, waitUntilEndpointDeleted } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel, deploy } from '../../harness/endpoints.ts';
import { credentials } from '../harness.ts';
import { openRuntime, type RuntimeFixture } from '../runtime/harness.ts';

const LIVE = '/aws/sagemaker/Endpoints/live';
const GONE = '/aws/sagemaker/Endpoints/gone';
const JOBS = ['ProcessingJobs', 'TrainingJobs', 'TransformJobs'].map((name) => `/aws/sagemaker/${name}`);
let fixture: RuntimeFixture;
let logs: CloudWatchLogsClient;
/** The streams of LIVE, sorted. */
let live: string[];

beforeAll(async () => {
  fixture = await openRuntime({ endpointLimits: { stopGraceMs: 2_000 } });
  logs = new CloudWatchLogsClient({ endpoint: fixture.api.url, region: 'us-east-1', credentials });
  await createModel(fixture, 'one');
  await createModel(fixture, 'one-b');
  await deploy(fixture, 'live', [{ VariantName: 'one', InitialInstanceCount: 2 }, { VariantName: 'one-b' }]);
  await deploy(fixture, 'gone', [{ VariantName: 'one' }]);
  const name = { EndpointName: 'gone' };
  await fixture.client.send(new DeleteEndpointCommand(name));
  const wait = { client: fixture.client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await waitUntilEndpointDeleted(wait, name);
  live = await streamsOf(LIVE);
});
afterAll(async () => {
  logs.destroy();
  await fixture[Symbol.asyncDispose]();
});

type Selection = Omit<ConstructorParameters<typeof DescribeLogStreamsCommand>[0], 'logGroupName'>;

async function streamsOf(logGroupName: string, selection: Selection = {}, pageSize = 50): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateDescribeLogStreams(
    { client: logs, pageSize },
    { logGroupName, ...selection },
  )) {
    names.push(...(page.logStreams ?? []).map((stream) => stream.logStreamName as string));
  }
  return names;
}

describe('the groups of endpoints', () => {
  test.each([
    [{}, [GONE, LIVE, ...JOBS]],
    [{ logGroupNamePrefix: '/aws/sagemaker/Endpoints/' }, [GONE, LIVE]],
    [{ logGroupNamePrefix: LIVE }, [LIVE]],
    [{ logGroupNamePattern: 'gone' }, [GONE]],
    [{ logGroupNamePattern: 'absent' }, []],
  ])('for %j come sorted among those of jobs, whatever the page', async (input, expected) => {
    for (const pageSize of [1, 2, 50]) {
      const seen: (string | undefined)[] = [];
      for await (const page of paginateDescribeLogGroups({ client: logs, pageSize }, { ...input })) {
        seen.push(...(page.logGroups ?? []).map((group) => group.logGroupName));
      }
      expect(seen).toEqual(expected);
    }
  });

  test('have ARNs, by which they are found', async () => {
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: LIVE }));
    const arn = `arn:aws:logs:us-east-1:123456789012:log-group:${LIVE}`;
    expect(logGroups).toMatchObject([{ arn: `${arn}:*`, logGroupArn: arn }]);
    const found = await logs.send(new DescribeLogStreamsCommand({ logGroupIdentifier: arn }));
    expect(found.logStreams?.map((stream) => stream.logStreamName)).toEqual(live);
    expect(found.logStreams?.[0]?.arn).toBe(`${arn}:log-stream:${live[0]}`);
  });

  test('are not there for an endpoint that never was', async () => {
    const group = { logGroupName: '/aws/sagemaker/Endpoints/never' };
    const missing = {
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    };
    await expect(logs.send(new DescribeLogStreamsCommand(group))).rejects.toMatchObject(missing);
    await expect(logs.send(new FilterLogEventsCommand(group))).rejects.toMatchObject(missing);
    const stream = { ...group, logStreamName: live[0] as string };
    await expect(logs.send(new GetLogEventsCommand(stream))).rejects.toMatchObject(missing);
  });
});

describe('the streams of an endpoint', () => {
  test('are its instances, also after it was deleted', async () => {
    const instance = '/i-0[0-9a-f]{16}';
    expect(live.join(' ')).toMatch(new RegExp(`^one-b${instance} one${instance} one${instance}$`));
    expect((await streamsOf(GONE)).join(' ')).toMatch(new RegExp(`^one${instance}$`));
  });

  test('come the same whatever the page, in either direction, and by prefix', async () => {
    const byTime = await streamsOf(LIVE, { orderBy: 'LastEventTime' });
    expect(byTime.toSorted()).toEqual(live);
    for (const pageSize of [1, 2, 50]) {
      expect(await streamsOf(LIVE, {}, pageSize)).toEqual(live);
      expect(await streamsOf(LIVE, { descending: true }, pageSize)).toEqual(live.toReversed());
      expect(await streamsOf(LIVE, { logStreamNamePrefix: 'one/' }, pageSize)).toEqual(live.slice(1));
      const latest = { orderBy: 'LastEventTime', descending: true } as const;
      expect(await streamsOf(LIVE, latest, pageSize)).toEqual(byTime.toReversed());
    }
    expect(await streamsOf(LIVE, { logStreamNamePrefix: live[2] })).toEqual(live.slice(2));
    expect(await streamsOf(LIVE, { logStreamNamePrefix: 'two' })).toEqual([]);
  });

  test('tell of their first and last event', async () => {
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: GONE }));
    const [stream] = logStreams ?? [];
    expect(stream?.firstEventTimestamp).toBeGreaterThan(Date.now() - 600_000);
    expect(stream?.lastEventTimestamp).toBeGreaterThanOrEqual(stream?.firstEventTimestamp ?? Infinity);
  });
});

describe('the events of an endpoint', () => {
  test.each([LIVE, GONE])('%s are what its servers wrote', async (logGroupName) => {
    for (const logStreamName of await streamsOf(logGroupName)) {
      const stream = { logGroupName, logStreamName };
      const { events, nextForwardToken } = await logs.send(
        new GetLogEventsCommand({ ...stream, startFromHead: true }),
      );
      expect(events?.[0]?.message).toBe(`loading ${logStreamName.split('/')[0]}`);
      const more = await logs.send(new GetLogEventsCommand({ ...stream, nextToken: nextForwardToken }));
      expect(more).toMatchObject({ events: [], nextForwardToken });
    }
  });

  test.each(['one', 'one/i-00000000000000000', '../one/x', 'one/../one/x', 'one/'])(
    'there are none of the stream %s',
    async (logStreamName) => {
      await expect(
        logs.send(new GetLogEventsCommand({ logGroupName: LIVE, logStreamName })),
      ).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      });
    },
  );

  test.each([
    ['loading', {}, () => live],
    ['"loading one" -one-b', {}, () => live.slice(1)],
    ['"loading one-b"', {}, () => live.slice(0, 1)],
    ['loading', { logStreamNamePrefix: 'one/' }, () => live.slice(1)],
    ['loading', { logStreamNames: ['one/absent'] }, () => []],
    ['absent', {}, () => []],
  ])('a search for %s with %j finds them once, whatever the page', async (filterPattern, more, expected) => {
    for (const pageSize of [1, 100]) {
      const input = { logGroupName: LIVE, filterPattern, ...more };
      const seen: string[] = [];
      for await (const page of paginateFilterLogEvents({ client: logs, pageSize }, input)) {
        seen.push(...(page.events ?? []).map((event) => event.logStreamName as string));
      }
      expect(seen.toSorted()).toEqual(expected());
    }
  });

  test('a search in named streams finds theirs alone', async () => {
    const logStreamNames = live.slice(0, 2);
    const input = { logGroupName: LIVE, logStreamNames, filterPattern: 'loading' };
    const { events } = await logs.send(new FilterLogEventsCommand(input));
    expect(events?.map((event) => event.logStreamName).toSorted()).toEqual(logStreamNames);
  });
});

test('nothing of it was a defect', () => {
  expect(fixture.api.logged).toEqual([]);
});
