import { createHash } from 'node:crypto';
import type { Agent, Dispatcher } from 'undici';
import { errorMessage, SluiceError, systemErrorCode } from '../core/errors.ts';
import { type Credentials, signHeaders } from '../core/sigv4.ts';
import { thisMachine, type WorkerRecord } from '../state/index.ts';

/** Below which servers answer each other. */
export const PEER_PATH = '/_sluice/peer/';
/** Set on what one server passes on to another: that one answers or refuses, and passes nothing on. */
export const RELAYED_HEADER = 'x-sluice-relayed';

/** How long another server may take to begin its answer, milliseconds. */
const ANSWER_LIMIT_MS = 30_000;

const CONNECT_LIMIT_MS = 3000;
/** To each server; invocations that stream have one each. */
const CONNECTIONS = 128;
/** How long a server that was not reached is left alone, milliseconds: those who ask for many logs wait once. */
const DOWN_MS = 2000;

/** A request to another server of the same database. */
export interface PeerRequest {
  readonly method: string;
  /** With its query, as it is sent. */
  readonly path: string;
  /** Whose signature it has: `sluice`, or the service that it was made for. */
  readonly service: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** @default 30000 */
  readonly limitMs?: number;
}

/** How this process reaches the other servers of its database. */
export class Peers {
  readonly #region: string;
  readonly #credentials: () => Credentials | undefined;
  readonly #own: () => string | undefined;
  #agent: Agent | undefined;
  /** Until when a server that was not reached is not asked again, by its URL. */
  readonly #down = new Map<string, number>();

  /**
   * @param own where this home's own server is reached
   * @param credentials those that all servers take; undefined where they take every request
   */
  constructor(region: string, own: () => string | undefined, credentials: () => Credentials | undefined) {
    this.#region = region;
    this.#own = own;
    this.#credentials = credentials;
  }

  /** Where this home's own server is reached, while one runs. */
  get ownUrl(): string | undefined {
    return this.#own();
  }

  /**
   * Where the server of a worker's home is; undefined where that is this home, or has none.
   *
   * @throws SluiceError `PeerUnavailable` where it is on another machine, and only that can reach it
   */
  urlOf(worker: WorkerRecord | undefined): string | undefined {
    if (worker?.url === undefined) return undefined;
    const { url, boot, host, name } = worker;
    if (boot === thisMachine().boot || !isLoopback(url)) return url === this.ownUrl ? undefined : url;
    throw new SluiceError(
      'PeerUnavailable',
      `The server of '${name}' is reached from its machine, ${host}, alone: ${url}.`,
      {
        hint: 'Start it with keys (server.keys) and --host, or with --advertise and an address that others reach.',
      },
    );
  }

  /**
   * Asks another server. Its answer is to be read, or let go of with `body.dump()`.
   *
   * @throws SluiceError `PeerUnavailable` where it is not reached, or takes none of the keys that this process has
   */
  async request(url: string, request: PeerRequest): Promise<Dispatcher.ResponseData> {
    const { method, path, body, signal, limitMs = ANSWER_LIMIT_MS } = request;
    if ((this.#down.get(url) ?? 0) > performance.now()) throw unavailable(url, 'it did not a moment ago');
    const undici = await import('undici');
    this.#agent ??= new undici.Agent({ connect: { timeout: CONNECT_LIMIT_MS }, connections: CONNECTIONS });
    let response: Dispatcher.ResponseData;
    try {
      response = await undici.request(`${url}${path}`, {
        dispatcher: this.#agent,
        method,
        headers: this.#headers(url, request),
        body: body ?? null,
        headersTimeout: limitMs,
        signal: signal ?? null,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      // One that answers late is there.
      if (systemErrorCode(error) !== 'UND_ERR_HEADERS_TIMEOUT')
        this.#down.set(url, performance.now() + DOWN_MS);
      throw unavailable(url, errorMessage(error), error);
    }
    if (response.statusCode !== 403 || !path.startsWith(PEER_PATH)) return response;
    await response.body.dump();
    throw refused(url);
  }

  /** Lets go of the connections. */
  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  #headers(url: string, { method, path, service, headers = {}, body }: PeerRequest): Record<string, string> {
    const all = { ...headers, [RELAYED_HEADER]: '1' };
    const credentials = this.#credentials();
    if (!credentials) return all;
    const { host, pathname, searchParams } = new URL(`${url}${path}`);
    const signed = signHeaders(
      {
        method,
        path: pathname,
        query: [...searchParams],
        headers: { ...all, host },
        payloadHash: createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      },
      credentials,
      { region: this.#region, service },
    );
    const { host: _, ...sent } = signed;
    return sent;
  }
}

function unavailable(url: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('PeerUnavailable', `The server at ${url} does not answer: ${why}.`, {
    cause,
    hint: "It may have ended, or may not be reachable from here: see 'sluice workers ls', and sluice serve --advertise.",
  });
}

/** Whether a URL leads to the machine that reads it. */
export function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** Whether another server could not be reached. */
export function isPeerUnavailable(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'PeerUnavailable';
}

function refused(url: string): SluiceError {
  return new SluiceError('PeerUnavailable', `The server at ${url} does not take this server's key.`, {
    hint: 'Servers of one database need one key that all of them take: server.keys in the configuration, or SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY.',
  });
}
