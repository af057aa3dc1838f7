import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Jobs, type Peers } from '../../jobs/index.ts';
import { answeredHeaders, isRelayed, relayedHeaders } from './relay.ts';

/** How long it is known which server serves an endpoint, milliseconds. */
const KNOWN_MS = 1000;
/** A model may think for as long as its client waits: SageMaker's own limit is 60 s, streams have eight minutes. */
const ANSWER_LIMIT_MS = 8 * 60_000;

/** Has the server answer an invocation that serves the endpoint, where another one does. */
export class InvocationRelay {
  readonly #peers: Peers;
  readonly #endpoints: Jobs['endpoints'];
  readonly #servers = new Map<
    string,
    { readonly url: Promise<string | undefined>; readonly until: number }
  >();

  constructor(peers: Peers, endpoints: Jobs['endpoints']) {
    this.#peers = peers;
    this.#endpoints = endpoints;
  }

  /** Where another server is that serves the endpoint; undefined where a request is to be answered here. */
  async serverOf(endpoint: string, { headers }: IncomingMessage): Promise<string | undefined> {
    if (isRelayed(headers) || this.#endpoints.route(endpoint)) return undefined;
    const known = this.#servers.get(endpoint);
    if (known && known.until > performance.now()) return known.url;
    if (this.#servers.size >= 1000) this.#servers.clear();
    const url = this.#endpoints.serverOf(endpoint);
    this.#servers.set(endpoint, { url, until: performance.now() + KNOWN_MS });
    return url;
  }

  /** Passes the request on, and its answer back as it comes. @throws SluiceError `PeerUnavailable` */
  async pass(
    server: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await this.#peers.request(server, {
      method: 'POST',
      path: request.url ?? '/',
      service: 'sagemaker',
      headers: relayedHeaders(request.headers),
      body,
      signal: gone.signal,
      limitMs: ANSWER_LIMIT_MS,
    });
    response.writeHead(answer.statusCode, answeredHeaders(answer.headers));
    await pipeline(answer.body, response).catch(() => response.destroy());
  }
}
