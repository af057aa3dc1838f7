import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { parseDataFilter } from '../../src/contract/data-filter.ts';
import { encodeRecord, RecordDecoder } from '../../src/contract/recordio.ts';
import { transformEnvironment } from '../../src/contract/serving-environment.ts';
import { splitRecords } from '../../src/contract/split.ts';
import { assembleAnswer, planPayloads, planTransform } from '../../src/contract/transform-payloads.ts';

type SplitType = 'None' | 'Line' | 'RecordIO' | 'TFRecord';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function recordsOf(bytes: Uint8Array, type: SplitType, size: number): Promise<string[]> {
  const records: string[] = [];
  for await (const some of splitRecords(inPieces(bytes, size), type)) {
    for (const { payload } of some) records.push(Buffer.from(payload).toString('latin1'));
  }
  return records;
}

function tfRecord(payload: string): Buffer {
  const header = Buffer.alloc(12);
  header.writeBigUInt64LE(BigInt(payload.length));
  return Buffer.concat([header, Buffer.from(payload), Buffer.alloc(4)]);
}

const text = (value: string): Buffer => Buffer.from(value);
const records = ['one', '', 'three', 'x'.repeat(1000)];

describe('splitting', () => {
  it.each([1, 2, 3, 7, 64, 10_000])('finds the records in pieces of %i bytes', async (size) => {
    expect(
      await recordsOf(Buffer.concat(records.map((each) => encodeRecord(text(each)))), 'RecordIO', size),
    ).toEqual(records);
    expect(await recordsOf(Buffer.concat(records.map(tfRecord)), 'TFRecord', size)).toEqual(records);
    expect(await recordsOf(text(`${records.join('\n')}\n`), 'Line', size)).toEqual(records);
    expect(await recordsOf(text(records.join('\n')), 'Line', size)).toEqual(records);
    expect(await recordsOf(text('whole\nthing'), 'None', size)).toEqual(['whole\nthing']);
  });

  it.each([
    ['RecordIO', encodeRecord(text('abcdef')).subarray(0, 10), /RecordIO: the data ends in the middle/],
    ['RecordIO', text('not a record at all'), /RecordIO: expected the magic number/],
    ['TFRecord', tfRecord('abc').subarray(0, 14), /TFRecord: the data ends in the middle/],
  ] as const)('refuses broken %s', async (type, bytes, message) => {
    await expect(recordsOf(bytes, type, 100)).rejects.toThrow(message);
  });

  it('frames a record as MXNet does', () => {
    expect(encodeRecord(text('hello')).toString('hex')).toBe('0a23d7ce0500000068656c6c6f000000');
  });

  it('joins the parts of a record with the magic between them', () => {
    const part = (flag: number, payload: string): Buffer => {
      const framed = encodeRecord(text(payload));
      framed.writeUInt32LE(payload.length + flag * 2 ** 29, 4);
      return framed;
    };
    const [record] = new RecordDecoder().push(Buffer.concat([part(1, 'abcd'), part(2, 'ef'), part(3, 'gh')]));
    expect(Buffer.from(record?.payload ?? []).toString('hex')).toBe('616263640a23d7ce65660a23d7ce6768');
  });
});

describe('filters', () => {
  const data = { id: 1, features: [10, 20, 30], nested: { a: 'x', b: null } };

  it.each([
    ['$', data],
    ['$.features', [10, 20, 30]],
    ["$['id','features']", { id: 1, features: [10, 20, 30] }],
    ['$.features[0]', 10],
    ['$.features[-1]', 30],
    ['$.features[1:]', [20, 30]],
    ['$.features[:-1]', [10, 20]],
    ['$.features[0,2]', [10, 30]],
    ['$.features[0,1:]', [10, 20, 30]],
    ['$.features[*]', [10, 20, 30]],
    ['$.nested.*', ['x', null]],
    ["$['nested']['b']", null],
  ])('%s selects', (expression, expected) => {
    expect(parseDataFilter(expression, 'InputFilter').apply(data as never)).toEqual(expected);
  });

  it.each([
    ['$.none', /the data has no member 'none'/],
    ['$.features[3]', /index 3 is out of the range of 3 elements/],
    ['$.features[-4]', /out of the range/],
    ['$.features[5:]', /a slice is out of the range/],
    ['$.id[0]', /expected an array at index 0/],
    ['$..id', /'\.\.' is not supported/],
    ['$.features[?@>1]', /a filter is not supported/],
    ['$.features[::2]', /a slice with a step is not supported/],
    ["$['id',0]", /names and indexes are mixed/],
    ['$[', /there is an error/],
    ['features', /there is an error/],
    [`$.${'x'.repeat(62)}`, /expected at most 63 characters, got 64/],
  ])('%s is refused', (expression, message) => {
    expect(() => parseDataFilter(expression, 'InputFilter').apply(data as never)).toThrow(message);
  });

  it('ends a slice as it is told', () => {
    expect(parseDataFilter('$[1:2]', 'f').apply(['a', 'b', 'c'])).toEqual(['b']);
    expect(parseDataFilter('$[1:2]', 'f', 'inclusive').apply(['a', 'b', 'c'])).toEqual(['b', 'c']);
    expect(parseDataFilter('$[1:-1]', 'f', 'inclusive').apply(['a', 'b', 'c'])).toEqual(['b', 'c']);
  });

  it('selects columns of CSV by index alone', () => {
    expect(parseDataFilter('$[0,-1]', 'f').applyToRow(['a', 'b', 'c'])).toEqual(['a', 'c']);
    expect(parseDataFilter('$[1]', 'f').applyToRow(['a', 'b', 'c'])).toEqual(['b']);
    expect(() => parseDataFilter('$.a', 'f').applyToRow(['a'])).toThrow(/because the data is CSV/);
  });
});

interface Case {
  readonly split?: SplitType;
  readonly strategy?: 'SingleRecord' | 'MultiRecord';
  readonly max?: number;
  readonly assemble?: 'None' | 'Line';
  readonly type?: string;
  readonly processing?: CreateTransformJobRequest['DataProcessing'];
}

const planOf = ({
  split = 'None',
  strategy = 'MultiRecord',
  max = 100,
  assemble = 'None',
  type,
  processing,
}: Case) =>
  planTransform(
    {
      TransformJobName: 't',
      ModelName: 'm',
      TransformInput: {
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://b/in' } },
        SplitType: split,
        ContentType: type,
      },
      TransformOutput: { S3OutputPath: 's3://b/out', AssembleWith: assemble, Accept: type },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
      DataProcessing: processing,
    },
    { strategy, maxPayloadBytes: max },
  );

/** Sends input through a model that is a function of text; the bodies that it got, and what is stored. */
async function transform(input: string, options: Case, model = (body: string): string => body) {
  const plan = planOf(options);
  const bodies: string[] = [];
  let stored = '';
  for await (const payload of planPayloads(inPieces(text(input), 3), plan)) {
    const chunks: Uint8Array[] = [];
    if (payload.body instanceof Uint8Array) chunks.push(payload.body);
    else for await (const chunk of payload.body) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    bodies.push(body);
    stored += Buffer.from(assembleAnswer(text(model(body)), payload, plan)).toString();
  }
  return { bodies, stored };
}

describe('payloads', () => {
  it.each<[string, string, Case, string[]]>([
    ['a whole object', 'a\nb\n', {}, ['a\nb\n']],
    ['a whole object without a limit', 'a\nb\n', { max: 0 }, ['a\nb\n']],
    ['each line alone', 'a\nb\nc', { split: 'Line', strategy: 'SingleRecord' }, ['a', 'b', 'c']],
    ['as many lines as fit', 'aa\nbb\ncc\n', { split: 'Line', max: 6 }, ['aa\nbb\n', 'cc\n']],
    ['all lines', 'aa\nbb', { split: 'Line' }, ['aa\nbb']],
    ['all lines without a limit', 'aa\nbb', { split: 'Line', max: 0 }, ['aa\nbb']],
    ['nothing of an empty object that is split', '', { split: 'Line' }, []],
  ])('are %s', async (_name, input, options, bodies) => {
    expect((await transform(input, options)).bodies).toEqual(bodies);
  });

  it('keep the frames of RecordIO together and strip them alone', async () => {
    const framed = Buffer.concat([encodeRecord(text('abcd')), encodeRecord(text('efgh'))]);
    const bodies = async (strategy: 'SingleRecord' | 'MultiRecord'): Promise<Buffer[]> => {
      const result: Buffer[] = [];
      for await (const { body } of planPayloads(
        inPieces(framed, 5),
        planOf({ split: 'RecordIO', strategy }),
      )) {
        result.push(Buffer.from(body as Uint8Array));
      }
      return result;
    };
    expect(await bodies('MultiRecord')).toEqual([framed]);
    expect(await bodies('SingleRecord')).toEqual([text('abcd'), text('efgh')]);
  });

  it.each<[string, Case, RegExp]>([
    [
      'a record',
      { split: 'Line', max: 3 },
      /Too much data for max payload size: a record has more than 3 bytes/,
    ],
    ['an object', { max: 3 }, /Too much data for max payload size: an object/],
  ])('refuse %s above the limit', async (_name, options, message) => {
    await expect(transform('abcdef', options)).rejects.toThrow(message);
  });

  it.each<[string, Case, (body: string) => string, string]>([
    ['as they are', { split: 'Line', strategy: 'SingleRecord' }, (body) => `<${body}>`, '<a><b>'],
    [
      'with a newline each',
      { split: 'Line', strategy: 'SingleRecord', assemble: 'Line' },
      (body) => `<${body}>`,
      '<a>\n<b>\n',
    ],
    [
      'without a second newline',
      { split: 'Line', strategy: 'SingleRecord', assemble: 'Line' },
      (body) => `<${body}>\n`,
      '<a>\n<b>\n',
    ],
  ])('have answers that are put together %s', async (_name, options, model, stored) => {
    expect((await transform('a\nb\n', options, model)).stored).toBe(stored);
  });
});

describe('data processing', () => {
  const sum = (body: string): string =>
    body
      .split('\n')
      .filter(Boolean)
      .map((row) => `${row.split(',').reduce((total, field) => total + Number(field), 0)}\n`)
      .join('');
  const csv = 'id1,1,2.0\nid2,3,4\n';

  it.each<[string, Case, string[], string]>([
    ['drops a column', { processing: { InputFilter: '$[1:]' } }, ['1,2.0\n3,4\n'], '3\n7\n'],
    [
      'joins the answers at the end',
      { processing: { InputFilter: '$[1:]', JoinSource: 'Input' } },
      ['1,2.0\n3,4\n'],
      'id1,1,2.0,3\nid2,3,4,7\n',
    ],
    [
      'keeps an id and the answer',
      { processing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,-1]' } },
      ['1,2.0\n3,4\n'],
      'id1,3\nid2,7\n',
    ],
    [
      'works record by record',
      {
        strategy: 'SingleRecord',
        assemble: 'Line',
        processing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,-1]' },
      },
      ['1,2.0', '3,4'],
      'id1,3\nid2,7\n',
    ],
    [
      'works on a whole object',
      { split: 'None', processing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,-1]' } },
      ['1,2.0\n3,4'],
      'id1,3\nid2,7\n',
    ],
  ])('of CSV %s', async (_name, options, bodies, stored) => {
    expect(await transform(csv, { split: 'Line', type: 'text/csv', ...options }, sum)).toEqual({
      bodies,
      stored,
    });
  });

  it('keeps quoted fields whole', async () => {
    const options: Case = {
      split: 'Line',
      type: 'text/csv',
      processing: { InputFilter: '$[1:]', JoinSource: 'Input' },
    };
    expect((await transform('"a, ""b""",1\n', options, sum)).stored).toBe('"a, ""b""",1,1\n');
  });

  it('of JSON objects adds SageMakerOutput, and keeps numbers as they are', async () => {
    const options: Case = {
      split: 'Line',
      type: 'application/jsonlines',
      processing: { InputFilter: '$.x', JoinSource: 'Input', OutputFilter: "$['id','SageMakerOutput']" },
    };
    const answer = (body: string): string => body.replace(/.+/g, (line) => `{"got":${line}}`);
    expect(
      await transform('{"id":12345678901234567890,"x":1.0}\n{"id":2,"x":[1]}\n', options, answer),
    ).toEqual({
      bodies: ['1.0\n[1]\n'],
      stored:
        '{"id":12345678901234567890,"SageMakerOutput":{"got":1.0}}\n{"id":2,"SageMakerOutput":{"got":[1]}}\n',
    });
  });

  it('of other JSON makes SageMakerInput and SageMakerOutput', async () => {
    const options: Case = { type: 'application/json', processing: { JoinSource: 'Input' } };
    expect((await transform('[1, 2]', options, () => '3')).stored).toBe(
      '{"SageMakerInput":[1,2],"SageMakerOutput":3}',
    );
  });

  it.each<[string, string, Case, (body: string) => string, RegExp]>([
    [
      'another type',
      'x',
      { type: 'image/png', processing: { JoinSource: 'Input' } },
      String,
      /expected ContentType and Accept to be both CSV or both JSON, got 'image\/png'/,
    ],
    [
      'a column that is not there',
      'a,b',
      { type: 'text/csv', split: 'Line', processing: { InputFilter: '$[5]' } },
      String,
      /index 5 is out of the range of 2 elements/,
    ],
    [
      'too few answers',
      'a\nb',
      { type: 'text/csv', split: 'Line', processing: { JoinSource: 'Input' } },
      () => '1',
      /as many answers as records, got 1 for 2/,
    ],
    [
      'an answer that is no JSON',
      '1',
      { type: 'application/json', processing: { JoinSource: 'Input' } },
      () => 'x',
      /the model's answer is not JSON/,
    ],
  ])('refuses %s', async (_name, input, options, model, message) => {
    await expect(async () => transform(input, options, model)).rejects.toThrow(message);
  });
});

describe('the environment of a transform job', () => {
  const request = planRequest({});
  function planRequest(more: Partial<CreateTransformJobRequest>): CreateTransformJobRequest {
    return {
      TransformJobName: 't',
      ModelName: 'm',
      TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://b/in' } } },
      TransformOutput: { S3OutputPath: 's3://b/out' },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
      ...more,
    };
  }

  it('says that it is a batch', () => {
    const environment = transformEnvironment({
      request,
      region: 'us-east-1',
      port: 9000,
      modelEnvironment: { A: 'model' },
    });
    expect(environment).toMatchObject({
      SAGEMAKER_BATCH: 'true',
      SAGEMAKER_BIND_TO_PORT: '9000',
      A: 'model',
    });
    expect(Object.keys(environment).filter((name) => name.startsWith('SAGEMAKER_MAX'))).toEqual([]);
  });

  it('tells what the user has set', () => {
    const asked = planRequest({
      MaxPayloadInMB: 1,
      MaxConcurrentTransforms: 2,
      BatchStrategy: 'SingleRecord',
      Environment: { A: 'job' },
    });
    expect(
      transformEnvironment({ request: asked, region: 'us-east-1', modelEnvironment: { A: 'model' } }),
    ).toMatchObject({
      SAGEMAKER_MAX_PAYLOAD_IN_MB: '1',
      SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: '2',
      SAGEMAKER_BATCH_STRATEGY: 'SINGLE_RECORD',
      A: 'job',
    });
  });
});
