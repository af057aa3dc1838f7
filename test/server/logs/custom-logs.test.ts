import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateDescribeLogStreams,
  paginateFilterLogEvents,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingRequest } from '../../harness/job-requests.ts';
import { type ApiFixture, credentials, openApi } from '../harness.ts';

const TRAINING = '/aws/sagemaker/TrainingJobs';
const DAY_MS = 86_400_000;
let api: ApiFixture;
let logs: CloudWatchLogsClient;
beforeAll(async () => {
  api = await openApi();
  logs = new CloudWatchLogsClient({ endpoint: api.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  logs.destroy();
  await api[Symbol.asyncDispose]();
});

async function makeStream(logGroupName: string, ...names: string[]) {
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of names) {
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  }
}

function put(logGroupName: string, logStreamName: string, events: readonly (readonly [number, string])[]) {
  const logEvents = events.map(([timestamp, message]) => ({ timestamp, message }));
  return logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents, sequenceToken: 'any' }));
}

async function messages(logGroupName: string, logStreamName: string, more = {}) {
  const { events = [] } = await logs.send(
    new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, ...more }),
  );
  return events.map(({ message }) => message);
}

describe('groups', () => {
  test('one is created, described, tagged and deleted with all that it holds', async () => {
    const logGroupName = '/my/group';
    await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { team: 'ml' } }));
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }));
    const describe = new DescribeLogGroupsCommand({ logGroupNamePattern: 'my/' });
    const [group] = (await logs.send(describe)).logGroups ?? [];
    expect(group).toMatchObject({ logGroupName, retentionInDays: 30, logGroupClass: 'STANDARD' });
    expect(group?.creationTime).toBeGreaterThan(Date.now() - 600_000);
    const resourceArn = group?.logGroupArn as string;
    await logs.send(new TagResourceCommand({ resourceArn, tags: { stage: 'dev', team: 'data' } }));
    await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['stage'] }));
    expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ team: 'data' });
    await logs.send(new DeleteRetentionPolicyCommand({ logGroupName }));
    expect((await logs.send(describe)).logGroups?.[0]?.retentionInDays).toBeUndefined();
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
    await put(logGroupName, 's', [[Date.now(), 'gone']]);
    await logs.send(new DeleteLogGroupCommand({ logGroupName }));
    expect((await logs.send(describe)).logGroups).toEqual([]);
    await makeStream(logGroupName, 's');
    expect(await messages(logGroupName, 's')).toEqual([]);
  });

  const exists = (what: string) =>
    ['ResourceAlreadyExistsException', `The specified log ${what} already exists`] as const;
  const absent = (what: string) =>
    ['ResourceNotFoundException', `The specified log ${what} does not exist.`] as const;
  test.each([
    [new CreateLogGroupCommand({ logGroupName: 'taken' }), ...exists('group')],
    [new CreateLogGroupCommand({ logGroupName: TRAINING }), ...exists('group')],
    [
      new CreateLogGroupCommand({ logGroupName: 'aws/mine' }),
      'InvalidParameterException',
      'Log groups starting with AWS/ are reserved for AWS.',
    ],
    [new CreateLogStreamCommand({ logGroupName: 'taken', logStreamName: 'taken' }), ...exists('stream')],
    [new CreateLogStreamCommand({ logGroupName: 'absent', logStreamName: 's' }), ...absent('group')],
    [new DeleteLogGroupCommand({ logGroupName: 'absent' }), ...absent('group')],
    [new DeleteLogStreamCommand({ logGroupName: 'taken', logStreamName: 'absent' }), ...absent('stream')],
    [new DeleteLogStreamCommand({ logGroupName: 'absent', logStreamName: 'a' }), ...absent('group')],
    [
      new PutLogEventsCommand({
        logGroupName: 'taken',
        logStreamName: 'absent',
        logEvents: [{ timestamp: Date.now(), message: 'a' }],
      }),
      ...absent('stream'),
    ],
    [
      new DeleteLogGroupCommand({ logGroupName: TRAINING }),
      'InvalidParameterException',
      `The log group ${TRAINING} is SageMaker's: its events go when their jobs or endpoints are removed.`,
    ],
    [
      new PutRetentionPolicyCommand({ logGroupName: 'taken', retentionInDays: 2 }),
      'InvalidParameterException',
      expect.stringContaining('not 2.') as string,
    ],
  ])('%o is refused', async (command, name, message) => {
    await makeStream('taken', 'taken').catch(() => undefined);
    await expect(logs.send(command as DeleteLogGroupCommand)).rejects.toMatchObject({ name, message });
  });

  test('groups are found by their names, ARNs and class', async () => {
    await logs.send(
      new CreateLogGroupCommand({ logGroupName: 'seldom', logGroupClass: 'INFREQUENT_ACCESS' }),
    );
    const arn = 'arn:aws:logs:us-east-1:123456789012:log-group:seldom';
    for (const input of [
      { logGroupIdentifiers: ['seldom'] },
      { logGroupIdentifiers: [arn, 'absent'] },
      { logGroupClass: 'INFREQUENT_ACCESS' as const },
    ]) {
      const { logGroups } = await logs.send(new DescribeLogGroupsCommand(input));
      expect(logGroups?.map((group) => group.logGroupName)).toEqual(['seldom']);
    }
  });

  test('one that is protected stays until it is no longer', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: 'safe', deletionProtectionEnabled: true }));
    await expect(logs.send(new DeleteLogGroupCommand({ logGroupName: 'safe' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe('events', () => {
  test('what is put comes back, over several lines and in any script, page by page and once while it is followed', async () => {
    await makeStream('pages', 's');
    const now = Date.now();
    const all = Array.from({ length: 50 }, (_, index) => `line ${index}\nof é \u{1F600}`);
    await put(
      'pages',
      's',
      all.slice(0, 30).map((text, index) => [now + index, text] as const),
    );
    const seen: (string | undefined)[] = [];
    for (let token: string | undefined; ; ) {
      const page = await logs.send(
        new GetLogEventsCommand({
          logGroupName: 'pages',
          logStreamName: 's',
          startFromHead: true,
          limit: 7,
          nextToken: token,
        }),
      );
      seen.push(...(page.events ?? []).map(({ message }) => message));
      if (seen.length === 30 && page.events?.length === 0) {
        await put(
          'pages',
          's',
          all.slice(30).map((text, index) => [now + 30 + index, text] as const),
        );
      } else if (page.nextForwardToken === token) break;
      token = page.nextForwardToken;
    }
    expect(seen).toEqual(all);
    expect(await messages('pages', 's', { startTime: now + 10, endTime: now + 13 })).toEqual(
      all.slice(10, 13),
    );
    const last = await messages('pages', 's', { startFromHead: false, limit: 3 });
    expect(last).toEqual(all.slice(-3));
  });

  test('a search goes through every stream of a group', async () => {
    await makeStream('search', 'b', 'a');
    const now = Date.now();
    await put('search', 'a', [
      [now, 'ERROR one'],
      [now + 1, 'fine'],
    ]);
    await put('search', 'b', [[now, 'ERROR two']]);
    for (const pageSize of [1, 100]) {
      const seen: (string | undefined)[] = [];
      const input = { logGroupName: 'search', filterPattern: 'ERROR' };
      for await (const page of paginateFilterLogEvents({ client: logs, pageSize }, input)) {
        seen.push(...(page.events ?? []).map((event) => `${event.logStreamName} ${event.message}`));
      }
      expect(seen).toHaveLength(2);
      expect(new Set(seen)).toEqual(new Set(['a ERROR one', 'b ERROR two']));
    }
  });

  test('events of the past and of the future are left out, and told', async () => {
    await makeStream('times', 's');
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: 'times', retentionInDays: 3 }));
    const now = Date.now();
    const answers = [
      await put('times', 's', [
        [now - 15 * DAY_MS, 'old'],
        [now - 14.5 * DAY_MS, 'old too'],
      ]),
      await put('times', 's', [
        [now - 3.5 * DAY_MS, 'expired'],
        [now - 2.8 * DAY_MS, 'kept'],
      ]),
      await put('times', 's', [
        [now, 'kept'],
        [now + DAY_MS / 2, 'too new'],
      ]),
    ];
    expect(answers.map((answer) => answer.rejectedLogEventsInfo)).toEqual([
      { tooOldLogEventEndIndex: 2, expiredLogEventEndIndex: 2 },
      { expiredLogEventEndIndex: 1 },
      { tooNewLogEventStartIndex: 1 },
    ]);
    expect(await messages('times', 's')).toEqual(['kept', 'kept']);
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: 'times', retentionInDays: 1 }));
    expect(await messages('times', 's')).toEqual(['kept']);
  });

  test.each([
    [
      [
        [2, 'b'],
        [1, 'a'],
      ],
      'Log events in a single PutLogEvents request must be in chronological order.',
    ],
    [
      [
        [0, 'a'],
        [25 * 3_600_000, 'b'],
      ],
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    ],
    [
      [
        [0, 'x'.repeat(600_000)],
        [0, 'x'.repeat(600_000)],
      ],
      'Upload too large: 1200052 bytes exceeds limit of 1048576',
    ],
  ] as const)('a batch that breaks a rule is refused whole', async (events, message) => {
    await makeStream('rules', 's').catch(() => undefined);
    const from = Date.now() - 2 * DAY_MS;
    const moved = events.map(([time, text]) => [from + time, text] as const);
    await expect(put('rules', 's', moved)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message,
    });
    expect(await messages('rules', 's')).toEqual([]);
  });

  test('a script may write beside the logs of jobs, page by page too', async () => {
    await api.jobs.jobs.training.start(await trainingRequest(api.jobs, 'job', "console.log('of the job')"));
    await api.jobs.jobs.training.wait('job');
    for (const logStreamName of ['job/mine', 'a-stream']) {
      await logs.send(new CreateLogStreamCommand({ logGroupName: TRAINING, logStreamName }));
    }
    await put(TRAINING, 'job/mine', [[Date.now(), 'of the script']]);
    const names: (string | undefined)[] = [];
    const config = { client: logs, pageSize: 1 };
    for await (const page of paginateDescribeLogStreams(config, { logGroupName: TRAINING })) {
      names.push(...(page.logStreams ?? []).map((stream) => stream.logStreamName));
    }
    expect(names).toEqual([expect.stringMatching(/^job\/algo-1-\d+$/) as string, 'a-stream', 'job/mine']);
    const search = new FilterLogEventsCommand({ logGroupName: TRAINING, filterPattern: '"of the"' });
    expect((await logs.send(search)).events?.map((event) => event.message)).toEqual([
      'of the job',
      'of the script',
    ]);
    const own = { logGroupName: TRAINING, logStreamName: names[0] as string };
    await expect(logs.send(new DeleteLogStreamCommand(own))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await logs.send(new DeleteLogStreamCommand({ ...own, logStreamName: 'job/mine' }));
    await expect(messages(TRAINING, 'job/mine')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

test('a slow expression is looked for piece by piece, so that others have their turn', async () => {
  await makeStream('slow', 'stream');
  const now = Date.now();
  const events = Array.from({ length: 400 }, (_, index) => [now, `${'a'.repeat(40)}${index}`] as const);
  await put('slow', 'stream', events);
  const input = { logGroupName: 'slow', filterPattern: '%a*a*a*a*399$%' };
  const found: (string | undefined)[] = [];
  for await (const page of paginateFilterLogEvents({ client: logs }, input)) {
    found.push(...(page.events ?? []).map(({ message }) => message));
  }
  expect(found).toEqual([`${'a'.repeat(40)}399`]);
});
