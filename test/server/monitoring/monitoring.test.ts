import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCbor, parseCbor } from '../../../src/server/wire/cbor.ts';
import { trainingRequest } from '../../harness/job-requests.ts';
import { type ApiFixture, openApi } from '../harness.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const SERVICE = 'GraniteServiceVersion20100801';
type Members = Record<string, unknown>;

async function post(path: string, headers: Record<string, string>, body: string | Buffer) {
  const response = await fetch(new URL(path, api.url), { method: 'POST', headers, body: new Blob([body]) });
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Times go out as each protocol has them. */
function withTimes(input: unknown, format: (time: Date) => unknown): unknown {
  if (input instanceof Date) return format(input);
  if (Array.isArray(input)) return input.map((each) => withTimes(each, format));
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(Object.entries(input).map(([key, each]) => [key, withTimes(each, format)]));
}

async function json(operation: string, input: Members) {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `${SERVICE}.${operation}` };
  const body = JSON.stringify(withTimes(input, (time) => time.getTime() / 1000));
  const zipped = { ...headers, 'content-encoding': 'gzip' };
  const answer =
    operation === 'PutMetricData' ? await post('/', zipped, gzipSync(body)) : await post('/', headers, body);
  return { ...answer, value: JSON.parse(answer.body.toString() || '{}') as Members };
}

async function cbor(operation: string, input: Members) {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  const answer = await post(`/service/${SERVICE}/operation/${operation}`, headers, formatCbor(input));
  return { ...answer, value: (answer.body.length === 0 ? {} : parseCbor(answer.body)) as Members };
}

function form(value: unknown, name: string): [string, string][] {
  if (value instanceof Date) return [[name, value.toISOString()]];
  if (Array.isArray(value)) return value.flatMap((each, at) => form(each, `${name}.member.${at + 1}`));
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, each]) => form(each, name === '' ? key : `${name}.${key}`));
}

async function query(operation: string, input: Members) {
  const scope = 'AKIATEST/20261127/us-east-1/monitoring/aws4_request';
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'a'.repeat(64)}`,
  };
  const body = new URLSearchParams([['Action', operation], ['Version', '2010-08-01'], ...form(input, '')]);
  const answer = await post('/', headers, body.toString());
  return { ...answer, value: { xml: answer.body.toString() } as Members };
}

const minute = (ms = 0) => new Date(Math.floor(Date.now() / 60_000) * 60_000 + ms);
const around = { StartTime: minute(-300_000), EndTime: minute(300_000) };

/** Puts metrics and reads them again. */
async function exchange(call: typeof json, protocol: string) {
  const Namespace = `App/${protocol}`;
  const Dimensions = [{ Name: 'Run', Value: 'ä & <b>' }];
  const Timestamp = minute(1000);
  const data = [
    { MetricName: 'loss', Dimensions, Timestamp, Value: 0.5, Unit: 'Count' },
    { MetricName: 'loss', Dimensions, Timestamp, Values: [1, 2], Counts: [1, 2], Unit: 'Count' },
    {
      MetricName: 'set',
      Timestamp,
      StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 },
    },
  ];
  const put = await call('PutMetricData', { Namespace, MetricData: data });
  const listed = await call('ListMetrics', { Namespace, Dimensions: [{ Name: 'Run' }] });
  const statistics = await call('GetMetricStatistics', {
    Namespace,
    MetricName: 'loss',
    Dimensions,
    ...around,
    Period: 60,
    Statistics: ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'],
  });
  const data2 = await call('GetMetricData', {
    ...around,
    MetricDataQueries: [
      {
        Id: 'q',
        MetricStat: { Metric: { Namespace, MetricName: 'loss', Dimensions }, Period: 60, Stat: 'p90' },
      },
      { Id: 's', MetricStat: { Metric: { Namespace, MetricName: 'set' }, Period: 60, Stat: 'Average' } },
    ],
  });
  return { Namespace, Dimensions, put, listed, statistics, data: data2 };
}

test.each([
  ['JSON', json],
  ['CBOR', cbor],
])('what is put in %s comes back: values, counted values and sets', async (protocol, call) => {
  const { Namespace, Dimensions, put, listed, statistics, data } = await exchange(call, protocol);
  expect(put.status).toBe(200);
  const time = minute().getTime() / 1000;
  expect(listed.value['Metrics']).toEqual([{ Namespace, MetricName: 'loss', Dimensions }]);
  expect(statistics.value).toEqual({
    Label: 'loss',
    Datapoints: [
      {
        Timestamp: time,
        SampleCount: 4,
        Average: 1.375,
        Sum: 5.5,
        Minimum: 0.5,
        Maximum: 2,
        Unit: 'Count',
      },
    ],
  });
  expect(data.value['MetricDataResults']).toMatchObject([
    { Id: 'q', Label: 'loss', Timestamps: [time], Values: [2], StatusCode: 'Complete' },
    { Id: 's', Values: [1.5] },
  ]);
});

test('what is put as a form comes back in XML', async () => {
  const { put, listed, statistics, data } = await exchange(query, 'form');
  expect(put.status).toBe(200);
  expect(listed.value['xml']).toContain('<Value>ä &amp; &lt;b&gt;</Value>');
  expect(statistics.value['xml']).toMatch(/<Timestamp>.*Z<\/Timestamp>.*<Average>1.375<\/Average>/);
  expect(data.value['xml']).toContain('<Values><member>2</member></Values>');
});

describe.each([
  ['JSON', json],
  ['CBOR', cbor],
  ['a form', query],
])('in %s', (_protocol, call) => {
  const range = (more: Members) => ({
    Namespace: 'N',
    MetricName: 'm',
    ...around,
    Period: 60,
    Statistics: ['Sum'],
    ...more,
  });
  const datum = (more: Members) => ({ Namespace: 'N', MetricData: [{ MetricName: 'm', ...more }] });
  test.each([
    ['PutMetricData', { ...datum({ Value: 1 }), Namespace: 'AWS/Mine' }, 'InvalidParameterValue', 'AWS/Mine'],
    ['PutMetricData', datum({}), 'InvalidParameterCombination', 'exactly one of'],
    ['PutMetricData', datum({ Value: 1, Timestamp: new Date(0) }), 'InvalidParameterValue', 'two weeks'],
    ['PutMetricData', datum({ Value: 1e200 }), 'InvalidParameterValue', '1e+200'],
    ['PutMetricData', datum({ Values: [1], Counts: [1, 2] }), 'InvalidParameterValue', 'as many Counts'],
    ['PutMetricData', datum({ Value: 1, Unit: 'Apples' }), 'ValidationError', 'enum value set'],
    ['GetMetricStatistics', range({ Period: 61 }), 'InvalidParameterValue', 'multiple of 60'],
    [
      'GetMetricStatistics',
      range({ StartTime: new Date(0) }),
      'InvalidParameterCombination',
      'limit of 1,440',
    ],
    ['GetMetricStatistics', range({ ExtendedStatistics: ['p5'] }), 'InvalidParameterCombination', 'one of'],
    ['GetMetricStatistics', range({ Namespace: undefined }), 'ValidationError', "at 'namespace'"],
    [
      'GetMetricData',
      { ...around, MetricDataQueries: [{ Id: 'e', Expression: 'm1 * 2' }] },
      'InvalidParameterValue',
      'no expressions',
    ],
    ['DescribeAlarms', {}, '(InvalidAction|UnknownOperationException)', 'does not serve'],
  ])('%s with %j is refused', async (operation, input, code, message) => {
    const plain = JSON.parse(JSON.stringify(input)) as Members;
    const times = Object.keys(plain).length === 0 ? plain : input;
    const answer = await call(operation, withoutAbsent(times));
    expect(answer.status).toBe(400);
    const told = `${answer.headers.get('x-amzn-query-error') ?? ''} ${answer.body.toString()}`;
    expect(told).toMatch(new RegExp(`${code}[;<]`));
    expect(told.replaceAll('&apos;', "'")).toContain(message);
  });
});

function withoutAbsent(input: Members): Members {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

test.each([
  ['nothing of CBOR', 'ff'],
  ['a text that is cut', 'a1654e616d65737061'],
  ['more after the value', 'a0a0'],
  ['a list longer than the body', '9affffffff'],
  ['lists that are nested deep', '81'.repeat(10_000)],
  ['a list without end', '9f'],
  ['a text without end', '7f61'],
  ['a key that is no text', 'a10101'],
  ['a large number as a tag', 'c249ffffffffffffffffff'],
  ['a number where a structure is', '01'],
])('%s is refused', async (_what, hex) => {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  const body = Buffer.from(hex, 'hex');
  const answer = await post(`/service/${SERVICE}/operation/PutMetricData`, headers, body);
  expect(answer.status).toBe(400);
  expect(parseCbor(answer.body)).toMatchObject({ __type: 'SerializationException' });
});

test('numbers, texts and lists of unknown length are read as RFC 8949 shows them', () => {
  const read = (hex: string) => parseCbor(Buffer.from(hex, 'hex'));
  expect(read('1bffffffffffffffff')).toBe(2 ** 64);
  expect(read('3903e7')).toBe(-1000);
  expect(['f93c00', 'f9c400', 'f97bff', 'f90001', 'fa47c35000', 'fb3ff199999999999a'].map(read)).toEqual([
    1,
    -4,
    65504,
    2 ** -24,
    100_000,
    1.1,
  ]);
  expect(read('bf6346756ef563416d7421ff')).toEqual({ Fun: true, Amt: -2 });
  expect(read('7f657374726561646d696e67ff')).toBe('streaming');
  expect(read('a1695f5f70726f746f5f5f01')).toEqual(JSON.parse('{"__proto__":1}'));
});

test('a job has its metrics over time, and what it uses of the machine', async () => {
  const source = `
    console.log('loss=4;');
    while (process.cpuUsage().user < 2_500_000);
    console.log('loss=2;');`;
  const metrics = {
    AlgorithmSpecification: { MetricDefinitions: [{ Name: 'train:loss', Regex: 'loss=(.*?);' }] },
  };
  await api.jobs.jobs.training.start(await trainingRequest(api.jobs, 'Measured', source, metrics as never));
  await api.jobs.jobs.training.wait('Measured');
  const Namespace = '/aws/sagemaker/TrainingJobs';
  const listed = (await json('ListMetrics', { Namespace })).value['Metrics'] as Members[];
  const host = [{ Name: 'Host', Value: 'Measured/algo-1' }];
  const names = listed.map(({ MetricName, Dimensions }) => [MetricName, Dimensions]);
  expect(new Set(names.map((each) => JSON.stringify(each)))).toEqual(
    new Set(
      [
        ['train:loss', [{ Name: 'TrainingJobName', Value: 'Measured' }]],
        ['CPUUtilization', host],
        ['MemoryUtilization', host],
      ].map((each) => JSON.stringify(each)),
    ),
  );
  const values = async (MetricName: string, Dimensions: unknown, Stat: string) => {
    const { value } = await json('GetMetricData', {
      StartTime: minute(-86_400_000),
      EndTime: minute(86_400_000),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        { Id: 'q', MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 86_400, Stat } },
      ],
    });
    return (value['MetricDataResults'] as { readonly Values: number[] }[])[0]?.Values;
  };
  expect(await values('train:loss', [{ Name: 'TrainingJobName', Value: 'Measured' }], 'Average')).toEqual([
    3,
  ]);
  expect((await values('CPUUtilization', host, 'Maximum'))?.[0]).toBeGreaterThan(1);
  const [memory = 0] = (await values('MemoryUtilization', host, 'Maximum')) ?? [];
  expect(memory).toBeGreaterThan(0);
  expect(memory).toBeLessThan(100);
});

test('nothing of it was a defect', () => {
  expect(api.logged.filter((line) => !line.includes('ignored members'))).toEqual([]);
});
