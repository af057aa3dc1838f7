import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { amzDate, formatScope, signChunk, signV4 } from '../../../src/core/sigv4.ts';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

describe('signatures of chunks', () => {
  // The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and …-trailers.html
  const common = {
    date: '20130524T000000Z',
    scope: { date: '20130524', region: 'us-east-1', service: 's3' },
    secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  const chunks = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a'), Buffer.alloc(0)];

  it.each([
    [
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      [
        'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
        '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
        'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
      ],
      undefined,
    ],
    [
      '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
      [
        'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
        '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
        '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      ],
      'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
    ],
  ])("are those of AWS's own example that begins with %s", (seed, expected, trailer) => {
    let previous = seed;
    const made = chunks.map((chunk) => {
      previous = signChunk('PAYLOAD', { ...common, previous }, sha256(chunk));
      return previous;
    });
    expect(made).toEqual(expected);
    if (trailer === undefined) return;
    const hash = sha256('x-amz-checksum-crc32c:sOO8/Q==\n');
    expect(signChunk('TRAILER', { ...common, previous }, hash)).toBe(trailer);
  });
});

describe('uploads in signed chunks', () => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startS3();
    await s3.store.createBucket('bucket');
  });
  afterAll(() => s3.close());

  interface Upload {
    readonly trailer: boolean;
    /** What the request says of its length. */
    readonly decodedLength?: number;
    /** Changes the body after it was signed. */
    readonly tamper?: (body: Buffer) => Buffer;
    /** Announces the body as it was, and closes the connection after what is left of it. */
    readonly breakOff?: boolean;
    /** Another checksum than that of the bytes, rightly signed. */
    readonly wrongChecksum?: boolean;
  }

  const chunks = [Buffer.alloc(70_000, 'first '), Buffer.alloc(9_000, 'second '), Buffer.alloc(0)];
  const whole = Buffer.concat(chunks);

  /** Sends one upload, byte by byte as it is given, and reads the answer. */
  async function send(key: string, upload: Upload): Promise<{ status: number; code: string | undefined }> {
    const date = amzDate(new Date());
    const scope = { date: date.slice(0, 8), region: 'us-east-1', service: 's3' };
    const secret = s3.credentials.secretAccessKey;
    const payloadHash = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${upload.trailer ? '-TRAILER' : ''}`;
    const headers = (
      [
        ['content-encoding', 'aws-chunked'],
        ['host', `127.0.0.1:${s3.port}`],
        ['x-amz-content-sha256', payloadHash],
        ['x-amz-date', date],
        ['x-amz-decoded-content-length', String(upload.decodedLength ?? whole.length)],
        ...(upload.trailer ? [['x-amz-trailer', 'x-amz-checksum-crc32'] as const] : []),
      ] as const
    ).map(([name, value]) => [name, value] as const);
    const path = `/bucket/${key}`;
    const parts = { method: 'PUT', path, query: [], headers, payloadHash };
    const seed = signV4(parts, date, scope, secret);
    const body = makeBody({ date, scope, secret }, seed, upload);
    const sent = upload.tamper?.(body) ?? body;
    const credential = `${s3.credentials.accessKeyId}/${formatScope(scope)}`;
    const names = headers.map(([name]) => name).join(';');
    const lines = [
      `PUT ${path} HTTP/1.1`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      `authorization: AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${seed}`,
      `content-length: ${upload.breakOff ? body.length : sent.length}`,
      'connection: close',
    ];
    const socket = connect(s3.port, '127.0.0.1');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    if (upload.breakOff) socket.end(sent);
    else socket.write(sent);
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    await once(socket, 'close');
    return {
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]),
      code: /<Code>(\w+)<\/Code>/.exec(answer)?.[1],
    };
  }

  function makeBody(
    signing: { date: string; scope: { date: string; region: string; service: string }; secret: string },
    seed: string,
    { trailer, wrongChecksum }: Upload,
  ): Buffer {
    let previous = seed;
    const pieces: (Buffer | string)[] = [];
    for (const chunk of chunks) {
      previous = signChunk('PAYLOAD', { ...signing, previous }, sha256(chunk));
      pieces.push(`${chunk.length.toString(16)};chunk-signature=${previous}\r\n`, chunk);
      if (chunk.length > 0 || !trailer) pieces.push('\r\n');
    }
    if (!trailer) return Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(wrongChecksum ? 1 : crc32(whole));
    const line = `x-amz-checksum-crc32:${sum.toString('base64')}`;
    const signature = signChunk('TRAILER', { ...signing, previous }, sha256(`${line}\n`));
    pieces.push(`${line}\r\n`, `x-amz-trailer-signature:${signature}\r\n\r\n`);
    return Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  }

  /** Turns the first of a text into another of the same length. */
  const change = (from: string, to: string) => (body: Buffer) => {
    const at = body.indexOf(from);
    expect(at).toBeGreaterThan(0);
    return Buffer.concat([body.subarray(0, at), Buffer.from(to), body.subarray(at + from.length)]);
  };

  it.each([false, true])('are taken when all is right (trailer: %s)', async (trailer) => {
    expect(await send(`right-${trailer}`, { trailer })).toEqual({ status: 200, code: undefined });
    const { body } = await s3.store.get('bucket', `right-${trailer}`);
    expect(Buffer.concat(await Array.fromAsync(body)).equals(whole)).toBe(true);
  });

  it.each<[string, Upload, number, string | undefined]>([
    ['changed bytes', { trailer: false, tamper: change('second ', 'sekond ') }, 403, 'SignatureDoesNotMatch'],
    [
      'changed bytes, before a trailer',
      { trailer: true, tamper: change('second ', 'sekond ') },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a changed signature',
      {
        trailer: false,
        tamper: (body) => change('signature=', 'signature=0')(body).subarray(0, body.length),
      },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a chunk without a signature',
      { trailer: false, tamper: change(';chunk-signature=', ';chunk-signatura=') },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a changed trailer',
      { trailer: true, tamper: change('crc32:', 'crc32:A') },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a changed signature of the trailer',
      { trailer: true, tamper: change('trailer-signature:', 'trailer-signature:0') },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'no signature of the trailer',
      {
        trailer: true,
        tamper: (body) =>
          Buffer.concat([body.subarray(0, body.indexOf('x-amz-trailer-signature')), Buffer.from('\r\n')]),
      },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'no trailer at all',
      {
        trailer: true,
        tamper: (body) =>
          Buffer.concat([body.subarray(0, body.indexOf('x-amz-checksum')), Buffer.from('\r\n')]),
      },
      400,
      'MalformedTrailerError',
    ],
    ['a signed trailer with a wrong checksum', { trailer: true, wrongChecksum: true }, 400, 'BadDigest'],
    [
      'a decoded length that is too small',
      { trailer: false, decodedLength: whole.length - 1 },
      400,
      'IncompleteBody',
    ],
    [
      'a decoded length that is too large',
      { trailer: true, decodedLength: whole.length + 1 },
      400,
      'IncompleteBody',
    ],
    [
      'a body without its last chunk',
      { trailer: false, tamper: (body) => body.subarray(0, body.lastIndexOf('0;chunk')) },
      400,
      'IncompleteBody',
    ],
    [
      'a body that ends within a chunk',
      { trailer: true, tamper: (body) => body.subarray(0, 50_000) },
      400,
      'IncompleteBody',
    ],
    [
      'a connection that is closed within a chunk',
      { trailer: false, breakOff: true, tamper: (body) => body.subarray(0, 50_000) },
      400,
      undefined,
    ],
  ])('are refused with %s, and leave nothing', async (name, upload, status, code) => {
    const key = name.replaceAll(/\W/g, '-');
    expect(await send(key, upload)).toEqual({ status, code });
    await expect(s3.store.head('bucket', key)).rejects.toMatchObject({ code: 'NoSuchKey' });
    // Node answers a connection that broke off by itself, while the upload is still being cleaned up.
    const temporary = join(s3.home, 's3', '.sluice', 'temporary');
    await expect.poll(() => readdirSync(temporary)).toEqual([]);
  });
});
