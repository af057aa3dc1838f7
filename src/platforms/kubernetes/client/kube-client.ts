import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../core/errors.ts';
import type { KubeAccess, KubeCredentials } from './kube-access.ts';
import { connectionError, kubeError, statusOf } from './kube-error.ts';

/** What a request carries beside its path. */
export interface KubeRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
  /** In place of a body of JSON. */
  readonly raw?: Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @default 'application/json' */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** What is done, for messages. @default the method and the path */
  readonly what?: string;
}

/** A request that is not for the API server itself. */
export interface ProxiedRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly what?: string;
}

/** Sockets that one's credentials have opened. */
interface Agents {
  readonly of: KubeCredentials;
  readonly plain: HttpAgent;
  readonly streams: HttpAgent;
}

/** An answer may take so long, milliseconds. */
const ANSWER_MS = 60_000;
/** The whole of one, too. */
const WHOLE_ANSWER_MS = 300_000;
/** So may the silence of a stream: the API server sends bookmarks every minute. */
const SILENCE_MS = 600_000;
const LARGEST_ANSWER = 256 << 20;
/** What says no says it in less. */
const LARGEST_REFUSAL = 1 << 20;
/** Of what is asked by the proxy. */
const LARGEST_PROXIED = 64 << 20;
const TRIES = 4;
const WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * The API server of a cluster over HTTPS: JSON requests that are tried again where that is safe, and streams. It holds
 * sockets alone.
 */
export class KubeClient {
  readonly access: KubeAccess;
  #agents: Agents | undefined;
  readonly #closing = new AbortController();

  constructor(access: KubeAccess) {
    this.access = access;
  }

  get<Answer>(path: string, request: KubeRequest = {}): Promise<Answer> {
    return this.#json('GET', path, request);
  }

  /** It may have been done where the answer was lost: a second try then answers 409. */
  post<Answer>(path: string, body: object, request: KubeRequest = {}): Promise<Answer> {
    return this.#json('POST', path, { ...request, body });
  }

  /** @param body - A JSON merge patch */
  patch<Answer>(path: string, body: object, request: KubeRequest = {}): Promise<Answer> {
    return this.#json('PATCH', path, { ...request, body, contentType: 'application/merge-patch+json' });
  }

  put<Answer>(path: string, body: object, request: KubeRequest = {}): Promise<Answer> {
    return this.#json('PUT', path, { ...request, body });
  }

  /** What is not there is deleted. @returns whether it was there */
  async delete(path: string, body: object = {}, request: KubeRequest = {}): Promise<boolean> {
    try {
      await this.#json('DELETE', path, { ...request, body });
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  /**
   * The body of an answer as it comes: a watch, a log. Ends when it is destroyed, with the signal, or by silence.
   *
   * @throws SluiceError as for any request, before the first byte
   */
  async stream(path: string, request: KubeRequest = {}): Promise<IncomingMessage> {
    const answer = await this.#authorized('GET', path, request, true);
    if (answer.statusCode === 200) return answer;
    throw await this.#refusal('GET', path, request, answer);
  }

  /**
   * What something in the cluster answers by the API server's proxy, whatever it is. It is asked once.
   *
   * @throws SluiceError where there is no answer, or one that is too large
   */
  async proxied(
    path: string,
    { body, headers, signal, what }: ProxiedRequest,
  ): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }> {
    const request: KubeRequest = { raw: body, headers, signal, ...(what !== undefined && { what }) };
    const answer = await this.#authorized('POST', path, request, false);
    const bytes = await this.#bytes('POST', path, request, answer, LARGEST_PROXIED);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: bytes };
  }

  /** Ends all requests and streams. Idempotent. */
  close(): void {
    this.#closing.abort();
    this.#agents?.plain.destroy();
    this.#agents?.streams.destroy();
  }

  async #json<Answer>(method: string, path: string, request: KubeRequest): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#authorized(method, path, request, false);
        if ((answer.statusCode ?? 0) >= 300) throw await this.#refusal(method, path, request, answer);
        const text = await this.#text(method, path, request, answer);
        return parseAnswer<Answer>(request.what ?? `${method} ${path}`, this.access.server, text);
      } catch (error) {
        if (attempt >= TRIES || !mayPass(error) || request.signal?.aborted || this.#closing.signal.aborted)
          throw error;
        const asked = (error as SluiceError).details['retryAfterMs'];
        const waitMs =
          typeof asked === 'number' ? asked : WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
        await sleep(
          Math.min(waitMs, LONGEST_WAIT_MS),
          undefined,
          request.signal && { signal: request.signal },
        );
      }
    }
  }

  /** Credentials that are refused are made anew once. */
  async #authorized(
    method: string,
    path: string,
    request: KubeRequest,
    isStream: boolean,
  ): Promise<IncomingMessage> {
    const credentials = await this.access.credentials();
    const answer = await this.#send(method, path, request, credentials, isStream);
    if (answer.statusCode !== 401) return answer;
    const others = await this.access.credentials(credentials);
    if (others === credentials) return answer;
    answer.resume();
    return this.#send(method, path, request, others, isStream);
  }

  #send(
    method: string,
    path: string,
    request: KubeRequest,
    credentials: KubeCredentials,
    isStream: boolean,
  ): Promise<IncomingMessage> {
    const { body, raw, headers, contentType = 'application/json' } = request;
    const url = new URL(`${this.access.server}${path}`);
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const content = raw ?? (body && Buffer.from(JSON.stringify(body)));
    const signals = [this.#closing.signal, ...(request.signal ? [request.signal] : [])];
    const signal = AbortSignal.any(signals);
    const options = {
      method,
      agent: this.#agentFor(credentials, isStream),
      signal,
      timeout: isStream ? SILENCE_MS : ANSWER_MS,
      headers: {
        accept: 'application/json',
        'user-agent': 'sluice',
        ...(content && { 'content-type': contentType, 'content-length': content.length }),
        ...headers,
        ...authorization(credentials),
      },
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(url, options, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${options.timeout / 1000} s`)));
    sent.on('error', (error) =>
      reject(signal.aborted ? error : this.#unreachable(method, path, request, error)),
    );
    sent.end(content);
    return promise;
  }

  #agentFor(credentials: KubeCredentials, isStream: boolean): HttpAgent {
    if (this.#agents?.of !== credentials) {
      this.#agents?.plain.destroy();
      this.#agents = this.#makeAgents(credentials);
    }
    return isStream ? this.#agents.streams : this.#agents.plain;
  }

  #makeAgents(credentials: KubeCredentials): Agents {
    const { server, ca, skipVerify, serverName } = this.access;
    const tls = {
      ...(ca !== undefined && { ca }),
      ...(skipVerify && { rejectUnauthorized: false }),
      ...(serverName !== undefined && { servername: serverName }),
      ...(credentials.certificate !== undefined && { cert: credentials.certificate, key: credentials.key }),
    };
    const make = (options: object): HttpAgent =>
      server.startsWith('https:') ? new HttpsAgent({ ...tls, ...options }) : new HttpAgent(options);
    return {
      of: credentials,
      plain: make({ keepAlive: true, maxSockets: 16 }),
      streams: make({ keepAlive: false }),
    };
  }

  async #text(method: string, path: string, request: KubeRequest, answer: IncomingMessage): Promise<string> {
    return (await this.#bytes(method, path, request, answer, LARGEST_ANSWER)).toString('utf8');
  }

  async #bytes(
    method: string,
    path: string,
    request: KubeRequest,
    answer: IncomingMessage,
    most: number,
    isCut = false,
  ): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    // An answer that comes byte by byte is none.
    const late = setTimeout(
      () => answer.destroy(new Error(`the answer takes more than ${WHOLE_ANSWER_MS / 1000} s`)),
      WHOLE_ANSWER_MS,
    );
    try {
      for await (const piece of answer) {
        length += (piece as Buffer).length;
        if (length > most && isCut) break;
        if (length > most) throw new Error(`the answer has more than ${most} bytes`);
        pieces.push(piece as Buffer);
      }
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw this.#unreachable(method, path, request, error);
    } finally {
      clearTimeout(late);
    }
    return Buffer.concat(pieces);
  }

  async #refusal(
    method: string,
    path: string,
    request: KubeRequest,
    answer: IncomingMessage,
  ): Promise<SluiceError> {
    const body = (await this.#bytes(method, path, request, answer, LARGEST_REFUSAL, true)).toString('utf8');
    const status = answer.statusCode ?? 0;
    return kubeError(request.what ?? `${method} ${path}`, {
      status,
      body,
      retryAfter: answer.headers['retry-after'],
    });
  }

  #unreachable(method: string, path: string, request: KubeRequest, error: unknown): SluiceError {
    return connectionError(request.what ?? `${method} ${path}`, this.access.server, error);
  }
}

function authorization({ token, basic }: KubeCredentials): { authorization?: string } {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (basic !== undefined) return { authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
  return {};
}

/** @throws SluiceError `InvalidArgument` for what is no object: something else answers there */
function parseAnswer<Answer>(what: string, server: string, text: string): Answer {
  try {
    const answer = JSON.parse(text) as unknown;
    if (typeof answer === 'object' && answer !== null) return answer as Answer;
  } catch {
    // The same.
  }
  throw new SluiceError('InvalidArgument', `${what}: what answers at ${server} is no API server.`, {
    hint: 'Correct the server of the kubeconfig.',
  });
}

/** What another try may mend. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof SluiceError &&
    (error.code === 'Throttled' || error.code === 'PlatformUnavailable') &&
    statusOf(error) !== 410
  );
}
