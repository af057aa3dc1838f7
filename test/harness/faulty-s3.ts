import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

/** An answer of a store as it should be, for a fault to be made of it. */
export interface RightAnswer {
  readonly response: ServerResponse;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What was asked for. */
  readonly body: Buffer;
  readonly whole: Buffer;
  readonly isRange: boolean;
}

/** Answers wrongly. @returns false where it has nothing to spoil: the right answer goes out then */
export type Fault = (answer: RightAnswer) => boolean;

/** An S3 endpoint that lies about its objects when told to. */
export interface FaultyS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** Bucket and key: `data/train/a`. */
  readonly objects: Map<string, Buffer>;
  /** Spoils the answers to GETs of the objects whose name this is, the first of each object alone or all. */
  spoil(fault: Fault | undefined, how?: { readonly name: RegExp; readonly firstOnly: boolean }): void;
  /** Answers that were spoiled since. */
  readonly spoiled: number;
}

/** Starts one. It knows no credentials. */
export async function startFaultyS3(): Promise<FaultyS3> {
  const objects = new Map<string, Buffer>();
  let fault: Fault | undefined;
  let pattern = /./;
  let firstOnly = false;
  const spoiled = new Set<string>();
  let count = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const name = decodeURIComponent(url.pathname.slice(1));
    const whole = objects.get(name);
    if (url.searchParams.has('list-type')) return answerListing(response, objects, name, url.searchParams);
    if (!whole) return void response.writeHead(404).end();
    const answer = rightAnswer(response, whole, request.headers.range);
    if (request.method === 'HEAD') return void response.writeHead(answer.status, answer.headers).end();
    const spoils = fault && pattern.test(name) && !(firstOnly && spoiled.has(name));
    if (spoils && fault?.(answer)) {
      spoiled.add(name);
      count++;
    } else response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    spoil(next, how = { name: /./, firstOnly: false }) {
      fault = next;
      pattern = how.name;
      firstOnly = how.firstOnly;
      spoiled.clear();
      count = 0;
    },
    get spoiled() {
      return count;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const facts = new WeakMap<Buffer, { readonly etag: string; readonly checksum: string }>();

function factsOf(bytes: Buffer) {
  const known = facts.get(bytes);
  if (known) return known;
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  const made = {
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    checksum: checksum.toString('base64'),
  };
  facts.set(bytes, made);
  return made;
}

function etagOf(bytes: Buffer): string {
  return factsOf(bytes).etag;
}

function rightAnswer(response: ServerResponse, whole: Buffer, range: string | undefined): RightAnswer {
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to ? Math.min(Number(to) + 1, whole.length) : whole.length;
  const body = whole.subarray(start, end);
  const headers = {
    etag: etagOf(whole),
    'last-modified': new Date(0).toUTCString(),
    'content-length': String(body.length),
    ...(from === undefined
      ? { 'x-amz-checksum-crc32': factsOf(whole).checksum, 'x-amz-checksum-type': 'FULL_OBJECT' }
      : { 'content-range': `bytes ${start}-${end - 1}/${whole.length}` }),
  };
  return {
    response,
    status: from === undefined ? 200 : 206,
    headers,
    body,
    whole,
    isRange: from !== undefined,
  };
}

function answerListing(
  response: ServerResponse,
  objects: ReadonlyMap<string, Buffer>,
  bucket: string,
  query: URLSearchParams,
): void {
  const prefix = query.get('prefix') ?? '';
  const contents: string[] = [];
  const common = new Set<string>();
  for (const name of [...objects.keys()].sort()) {
    const bytes = objects.get(name) as Buffer;
    const key = name.slice(bucket.length + 1);
    if (!name.startsWith(`${bucket}/`) || !key.startsWith(prefix)) continue;
    const slash = query.has('delimiter') ? key.indexOf('/', prefix.length) : -1;
    if (slash >= 0) common.add(key.slice(0, slash + 1));
    else
      contents.push(
        `<Contents><Key>${key}</Key><Size>${bytes.length}</Size><ETag>${etagOf(bytes)}</ETag><LastModified>1970-01-01T00:00:00Z</LastModified></Contents>`,
      );
  }
  const prefixes = [...common].map((each) => `<CommonPrefixes><Prefix>${each}</Prefix></CommonPrefixes>`);
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(
    `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}${prefixes.join('')}</ListBucketResult>`,
  );
}

const errorDocument = Buffer.from(
  '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We met an error</Message></Error>',
);

function send(
  { response }: RightAnswer,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
): true {
  response.writeHead(status, headers).end(body);
  return true;
}

/** What stores, and proxies before them, have been seen to do. */
export const faults: Readonly<Record<string, Fault>> = {
  'a whole object for a range': (answer) => {
    if (!answer.isRange || answer.body.length === answer.whole.length) return false;
    const { 'content-range': _, ...headers } = answer.headers;
    return send(answer, 200, { ...headers, 'content-length': String(answer.whole.length) }, answer.whole);
  },
  'a body cut short of its length': ({ response, status, headers, body }) => {
    response.writeHead(status, headers);
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
    return true;
  },
  'a short body whose length says so': (answer) => {
    const body = answer.body.subarray(0, Math.floor(answer.body.length / 2));
    return send(answer, answer.status, { ...answer.headers, 'content-length': String(body.length) }, body);
  },
  'another range than was asked for': (answer) => {
    if (!answer.isRange) return false;
    const start = 1 + Number(/\d+/.exec(answer.headers['content-range'] ?? '')?.[0]);
    const body = Buffer.concat([answer.body.subarray(1), Buffer.alloc(1)]);
    const range = `bytes ${start}-${start + body.length - 1}/${answer.whole.length}`;
    return send(answer, 206, { ...answer.headers, 'content-range': range }, body);
  },
  'an error document as a success': (answer) =>
    send(answer, 200, { 'content-type': 'application/xml' }, errorDocument),
  'an error document with the headers of the object': (answer) =>
    send(answer, 200, { ...answer.headers, 'content-length': String(errorDocument.length) }, errorDocument),
  'a byte that has changed': (answer) => {
    const body = Buffer.from(answer.body);
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    return send(answer, answer.status, answer.headers, body);
  },
  'another version of the object': (answer) => {
    const body = Buffer.alloc(answer.body.length, 'x');
    return send(answer, answer.status, { ...answer.headers, etag: etagOf(body) }, body);
  },
  'a body without an end': ({ response, status, headers, body }) => {
    const { 'content-length': _, ...rest } = headers;
    response.writeHead(status, rest);
    response.write(body);
    const more = setInterval(() => response.write(Buffer.alloc(65_536)), 1);
    response.on('close', () => clearInterval(more));
    return true;
  },
};
