/**
 * What the server tells of itself, below `/_sluice/`: no bucket can be called so.
 *
 * By design: unsigned, as probes and Prometheus ask. Nothing here names a job, a bucket or a key.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '../../core/errors.ts';
import { PAGE_HEADERS } from '../wire/page-headers.ts';
import { factsOf } from '../wire/request-facts.ts';
import { formatMetrics, type Metric } from './metric-text.ts';

/** What the pages are made of. */
export interface OwnPagesOptions {
  /** Why the server cannot serve now; undefined: it can. @default it can */
  readonly notReady?: (() => Promise<string | undefined>) | undefined;
  readonly metrics: () => Promise<readonly Metric[]>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const PREFIX = '/_sluice/';

/** Whether a request is for one of the pages; not where a bucket stands in the host's name. */
export function isOwnPage(request: IncomingMessage): boolean {
  return request.url?.startsWith(PREFIX) === true && factsOf(request).virtualBucket === undefined;
}

/** Answers with one of the pages. Never rejects. */
export async function sendOwnPage(
  options: OwnPagesOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body } = await makePage(options, request);
  response.writeHead(status, {
    ...PAGE_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function makePage(options: OwnPagesOptions, request: IncomingMessage): Promise<Page> {
  const name = (request.url ?? '').slice(PREFIX.length).split('?', 1)[0] as string;
  const facts = factsOf(request);
  facts.service = 'sluice';
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(405, { status: 'only GET and HEAD' });
  if (name !== 'health' && name !== 'ready' && name !== 'metrics') return json(404, { status: 'not found' });
  facts.operation = name;
  if (name === 'health') return json(200, { status: 'ok' });
  try {
    if (name === 'metrics') {
      const body = formatMetrics(await options.metrics());
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body };
    }
    const reason = await options.notReady?.();
    return reason === undefined ? json(200, { status: 'ready' }) : json(503, { status: 'not ready', reason });
  } catch (error) {
    return json(503, { status: 'not ready', reason: errorMessage(error) });
  }
}

function json(status: number, value: object): Page {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}
