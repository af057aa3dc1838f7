/**
 * What a server tells the other servers of its database: the logs that lie on its machine.
 *
 * By design: it answers or refuses, and asks nobody else; an owner's key opens it, that of a job never. Paths:
 * `/_sluice/peer/logs/<type>/<name>` names the streams, with `?stream=…&from=…&to=…` it is a part of one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Jobs, MAX_PEER_BYTES, PEER_PATH, SIZE_HEADER } from '../../jobs/index.ts';
import type { Authorize } from '../access/authorize.ts';
import type { OtherServices } from '../serve.ts';
import { PAGE_HEADERS } from '../wire/page-headers.ts';
import { factsOf } from '../wire/request-facts.ts';
import { toAwsError } from '../wire/to-aws-error.ts';
import { peerLog } from './peer-log.ts';

/** What the service is made of. */
export interface PeerServiceOptions {
  readonly jobs: Jobs;
  readonly log: (message: string) => void;
  /** @default every request is accepted */
  readonly authorize?: Authorize | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the service. */
export function createPeerService(options: PeerServiceOptions): OtherServices {
  return {
    serves: ({ url = '' }) => url.startsWith(PEER_PATH),
    async handle(request, response) {
      factsOf(request).service = 'sluice';
      factsOf(request).operation = 'peer';
      try {
        send(response, await answer(options, request));
      } catch (error) {
        const { status, code, message } = toAwsError(error, options.log);
        send(response, { status: status === 400 ? 403 : status, body: JSON.stringify({ code, message }) });
      }
    },
  };
}

async function answer({ jobs, authorize }: PeerServiceOptions, request: IncomingMessage): Promise<Answer> {
  const key = (await authorize?.(request, 'sluice'))?.(Buffer.alloc(0));
  if (authorize && key?.holder !== 'owner') return refusal(403, 'Only owners may ask.');
  if (request.method !== 'GET') return refusal(405, 'Only GET.');
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [kind, type = '', name = '', ...rest] = pathname.slice(PEER_PATH.length).split('/');
  const log = kind === 'logs' && rest.length === 0 ? peerLog(jobs, type, name) : undefined;
  if (!log) return refusal(404, 'There is no such place.');
  const stream = searchParams.get('stream');
  if (stream === null) return { status: 200, body: JSON.stringify({ streams: await log.streams() }) };
  const source = await log.open(stream);
  if (!source) return refusal(404, 'There is no such stream.');
  try {
    const from = positionOf(searchParams.get('from'));
    const to = Math.min(positionOf(searchParams.get('to')), from + MAX_PEER_BYTES);
    const body = await source.read(from, Math.max(from, to));
    return { status: 200, body, headers: { [SIZE_HEADER]: String(await source.size()) } };
  } finally {
    await source.close();
  }
}

function positionOf(text: string | null): number {
  const position = Number(text ?? 0);
  return Number.isSafeInteger(position) && position >= 0 ? position : 0;
}

function refusal(status: number, message: string): Answer {
  return { status, body: JSON.stringify({ message }) };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.destroyed) return;
  const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
  response.writeHead(status, {
    ...PAGE_HEADERS,
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
