import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '../../core/errors.ts';
import { type Peers, RELAYED_HEADER } from '../../jobs/index.ts';
import type { WireAnswer, WireRequest } from '../wire/http.ts';

/** Headers that go with a request to the server that has what it is about; the rest is of this connection alone. */
const PASSED_ON = /^(content-type|accept|x-amz-target|x-amzn-sagemaker-.*)$/;

/** How long the other server may take to begin its answer to an operation, milliseconds. */
const OPERATION_LIMIT_MS = 30_000;

/** Whether another server has passed a request on: it is answered here, or refused. */
export function isRelayed(headers: IncomingHttpHeaders): boolean {
  return headers[RELAYED_HEADER] !== undefined;
}

/** The headers of a request that another server needs to answer it. */
export function relayedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed = Object.entries(headers).filter(([name]) => PASSED_ON.test(name));
  return Object.fromEntries(passed.map(([name, value]) => [name, String(value)]));
}

/** Where the server is that an error names as the one to ask; undefined where there is none, or this was asked by one. */
export function serverToAsk(error: unknown, headers: IncomingHttpHeaders): string | undefined {
  if (!(error instanceof SluiceError) || error.code !== 'EndpointBusy' || isRelayed(headers))
    return undefined;
  const { server } = error.details;
  return typeof server === 'string' ? server : undefined;
}

/** Has another server answer an operation. @throws SluiceError `PeerUnavailable` */
export async function relay(peers: Peers, server: string, request: WireRequest): Promise<WireAnswer> {
  const response = await peers.request(server, {
    method: request.method,
    path: request.url,
    service: 'sagemaker',
    headers: relayedHeaders(request.headers),
    body: request.body,
    limitMs: OPERATION_LIMIT_MS,
  });
  const body = Buffer.from(await response.body.arrayBuffer());
  return { status: response.statusCode, headers: answeredHeaders(response.headers), body };
}

/** The headers of another server's answer that its client gets to see. */
export function answeredHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed = Object.entries(headers).filter(([name]) => /^(content-type|x-amzn?-.*)$/.test(name));
  return Object.fromEntries(passed.map(([name, value]) => [name, String(value)]));
}
