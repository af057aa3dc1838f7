import type { Agent } from 'undici';
import { backOff, type RetryPolicy } from '../../core/backoff.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { onAbort } from '../../core/on-abort.ts';
import { type Credentials, encodeRfc3986, signHeaders } from '../../core/sigv4.ts';
import { type BodySink, copyInto } from './body-sink.ts';
import { Pace } from './pace.ts';
import { readFailure } from './read-failure.ts';
import { isTransient, s3Error } from './s3-error.ts';
import { DEFAULT_CONCURRENCY, DEFAULT_IDLE_MS, type S3StoreOptions } from './s3-options.ts';
import {
  BrokenTransfer,
  FailedAnswer,
  type S3Headers,
  type S3Receiver,
  type S3Request,
} from './s3-request.ts';
import { exchangeBySocket, MOST_INFORMATIONAL, RefusedBody, UnknownLength } from './socket-exchange.ts';
import { SocketPool } from './socket-pool.ts';

/** A page of 1,000 keys of 1,024 bytes, each of which may take three characters, and what stands beside them. */
const DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024;
/** Of the body of a failure, so much is read. */
const FAILURE_LIMIT_BYTES = 64 * 1024;

/** Credentials as the SDK's chain gives them. */
interface ChainCredentials extends Credentials {
  readonly expiration?: Date;
}

/** A request that is ready to be sent. */
interface Prepared {
  readonly origin: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

/**
 * Speaks to one S3 endpoint: signs each request itself and sends it through undici, because the SDK costs several times
 * as much for each request, and 20,000 small objects are bound by that. Bodies that become files take a still shorter
 * way. The SDK's chain finds the credentials.
 */
export class S3Connection {
  readonly policy: RetryPolicy;
  readonly #options: S3StoreOptions;
  #agent: Promise<Agent> | undefined;
  readonly #sockets = new SocketPool();
  readonly #idleMs: number;
  /** False once the endpoint has sent a body without its length. */
  #tellsLength = true;
  readonly #regions = new Map<string, string>();
  #provider: Promise<() => Promise<ChainCredentials>> | undefined;
  #credentials: ChainCredentials | undefined;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.policy = { attempts: options.attempts ?? 8, baseMs: 100, maxMs: 10_000 };
    this.#idleMs = options.idleTimeoutMs ?? DEFAULT_IDLE_MS;
  }

  /** Tries until it succeeds, or fails for good. `attempt` must be repeatable. */
  async retry<T>(request: S3Request, attempt: () => Promise<T>, onProgress?: () => boolean): Promise<T> {
    for (let count = 1; ; count++) {
      try {
        return await attempt();
      } catch (error) {
        request.signal?.throwIfAborted();
        if (
          error instanceof FailedAnswer &&
          count < this.policy.attempts &&
          this.#learnRegion(request.bucket, error)
        )
          continue;
        const again =
          error instanceof BrokenTransfer || (error instanceof FailedAnswer && isTransient(error.failure));
        if (onProgress?.()) count = 1;
        if (!again || count >= this.policy.attempts) throw finalError(error, request);
        await backOff(count, this.policy, request.signal);
      }
    }
  }

  /** Sends one request, once, and hands its answer over as it comes. Settles at its end. */
  async exchange(request: S3Request, receiver: S3Receiver): Promise<S3Headers> {
    return this.#dispatch(await this.#prepare(request), request, receiver);
  }

  /** The same for a body that goes into a sink's memory: at a fraction of the cost. */
  async exchangeInto(request: S3Request & { readonly method: 'GET' }, sink: BodySink): Promise<S3Headers> {
    const prepared = await this.#prepare(request);
    if (!this.#tellsLength) return this.#dispatchInto(prepared, request, sink);
    const { method, signal } = request;
    try {
      const { status, headers, failure } = await exchangeBySocket(
        this.#sockets,
        { ...prepared, method, signal, idleMs: this.#idleMs },
        sink,
      );
      if (status >= 300) throw new FailedAnswer(await readFailure(status, failure, headers), headers);
      return headers;
    } catch (error) {
      if (error instanceof FailedAnswer) throw error;
      if (error instanceof RefusedBody) throw error.cause;
      if (error instanceof UnknownLength) {
        this.#tellsLength = false;
        return this.#dispatchInto(prepared, request, sink);
      }
      throw new BrokenTransfer(errorMessage(error), { cause: error });
    }
  }

  /** Sends a request until it succeeds, and gives the whole answer. */
  async fetch(request: S3Request): Promise<{ readonly headers: S3Headers; readonly body: Buffer }> {
    return this.retry(request, () => this.fetchOnce(request));
  }

  /** As {@link fetch}, once. */
  async fetchOnce(request: S3Request): Promise<{ readonly headers: S3Headers; readonly body: Buffer }> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const headers = await this.exchange(request, {
      onData: (piece) => {
        bytes += piece.length;
        if (bytes > DOCUMENT_LIMIT_BYTES) throw new BrokenTransfer('the answer has no end');
        pieces.push(piece);
        return true;
      },
    });
    return { headers, body: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces) };
  }

  region(bucket: string): string {
    return this.#regions.get(bucket) ?? this.#options.region ?? 'us-east-1';
  }

  /** From the options, else from the usual chain. */
  async credentials(): Promise<Credentials> {
    if (this.#options.credentials) return this.#options.credentials;
    if (this.#options.provider) {
      this.#credentials = await this.#options.provider();
      return this.#credentials;
    }
    this.#provider ??= this.#loadProvider();
    this.#credentials = await (await this.#provider)().catch((error: unknown) => {
      throw new SluiceError('AccessDenied', `There are no AWS credentials: ${errorMessage(error)}`, {
        cause: error,
        hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; or unset SLUICE_S3 to use the embedded store.',
      });
    });
    return this.#credentials;
  }

  async close(): Promise<void> {
    this.#sockets.close();
    await (await this.#agent)?.destroy();
  }

  /** Importing undici takes longer than many a download, and most bodies do without it. */
  async #openAgent(): Promise<Agent> {
    const { Agent } = await import('undici');
    return new Agent({
      connections: this.#options.concurrency ?? DEFAULT_CONCURRENCY,
      pipelining: 1,
      headersTimeout: this.#idleMs,
      bodyTimeout: this.#idleMs,
      connect: { timeout: 10_000 },
      keepAliveTimeout: 4_000,
    });
  }

  async #loadProvider(): Promise<() => Promise<ChainCredentials>> {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
    const { profile } = this.#options;
    return fromNodeProviderChain(profile === undefined ? {} : { profile });
  }

  async #prepare({ method, bucket, key, query = [], headers }: S3Request): Promise<Prepared> {
    const { origin, path, host } = this.#address(bucket, key);
    const signed = signHeaders(
      { method, path, query, headers: { host, ...headers }, payloadHash: 'UNSIGNED-PAYLOAD' },
      this.#credentials && !expired(this.#credentials) ? this.#credentials : await this.credentials(),
      { region: this.region(bucket), service: 's3' },
    );
    const search = query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`).join('&');
    return { origin, path: search === '' ? path : `${path}?${search}`, headers: signed };
  }

  #address(bucket: string, key: string): { origin: string; path: string; host: string } {
    const encoded = key.split('/').map(encodeRfc3986).join('/');
    const { endpoint } = this.#options;
    const pathStyle = this.#options.pathStyle ?? (endpoint !== undefined || bucket.includes('.'));
    const base = new URL(endpoint ?? `https://s3.${this.region(bucket)}.${domainOf(this.region(bucket))}`);
    const prefix = base.pathname === '/' ? '' : base.pathname.replace(/\/$/, '');
    if (pathStyle) {
      const path = encodeRfc3986(bucket) + (key === '' ? '' : `/${encoded}`);
      return { origin: base.origin, path: `${prefix}/${path}`, host: base.host };
    }
    return {
      origin: `${base.protocol}//${bucket}.${base.host}`,
      path: `${prefix}/${encoded}`,
      host: `${bucket}.${base.host}`,
    };
  }

  #learnRegion(bucket: string, { failure, headers }: FailedAnswer): boolean {
    const told = headers['x-amz-bucket-region'];
    if (![301, 307, 400].includes(failure.status) || typeof told !== 'string' || told === this.region(bucket))
      return false;
    this.#regions.set(bucket, told);
    return true;
  }

  async #dispatchInto(prepared: Prepared, request: S3Request, sink: BodySink): Promise<S3Headers> {
    return this.#dispatch(prepared, request, {
      onHead: (headers, status) => sink.onHead?.(headers, status),
      onData: (piece) => {
        copyInto(sink, piece);
        return true;
      },
    });
  }

  async #dispatch(
    prepared: Prepared,
    { method, signal }: S3Request,
    receiver: S3Receiver,
  ): Promise<S3Headers> {
    const agent = await (this.#agent ??= this.#openAgent());
    return new Promise((done, fail) => {
      let answer: S3Headers = {};
      let status = 0;
      let received = 0;
      let informational = 0;
      const pace = new Pace(this.#idleMs);
      let listening: Disposable | undefined;
      const failed: Buffer[] = [];
      const refused: unknown[] = [];
      // What the receiver throws ends the transfer, and is what the caller gets.
      const guard = <T>(action: () => T): T => {
        try {
          return action();
        } catch (error) {
          refused.push(error);
          throw error;
        }
      };
      const settle = () => listening?.[Symbol.dispose]();
      agent.dispatch(
        { ...prepared, method },
        {
          onRequestStart(controller) {
            pace.restart();
            listening = onAbort(signal, () => controller.abort(new Error('aborted')));
          },
          onResponseStart(controller, code, incoming) {
            if (code < 200) {
              if (++informational > MOST_INFORMATIONAL)
                controller.abort(new Error('the answer itself does not come'));
              return;
            }
            status = code;
            answer = incoming;
            if (code < 300) guard(() => receiver.onHead?.(incoming, code));
          },
          onResponseData(controller, piece) {
            received += piece.length;
            pace.take(piece.length);
            if (status < 300) {
              if (!guard(() => receiver.onData(piece, () => controller.resume()))) controller.pause();
            } else if (received <= FAILURE_LIMIT_BYTES) failed.push(piece);
            else controller.abort(new Error('the answer to a failed request has no end'));
          },
          onResponseEnd() {
            settle();
            const expected = method === 'HEAD' ? undefined : answer['content-length'];
            if (status >= 300)
              readFailure(status, Buffer.concat(failed), answer)
                .then((failure) => fail(new FailedAnswer(failure, answer)))
                .catch(fail);
            else if (expected !== undefined && Number(expected) !== received) {
              fail(new BrokenTransfer(`${String(expected)} bytes were announced, ${received} came`));
            } else done(answer);
          },
          onResponseError(_controller, error) {
            settle();
            fail(refused.length > 0 ? refused[0] : new BrokenTransfer(error.message, { cause: error }));
          },
        },
      );
    });
  }
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

function expired({ expiration }: ChainCredentials): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < 60_000;
}

function finalError(error: unknown, { bucket, key }: S3Request): unknown {
  if (error instanceof FailedAnswer) return s3Error(error.failure, bucket, key, error);
  if (!(error instanceof BrokenTransfer)) return error;
  return new SluiceError('StoreUnavailable', `s3://${bucket}/${key}: ${error.message}`, {
    cause: error,
    hint: 'The endpoint could not be reached, or broke off again and again. Check the network and the endpoint.',
    details: { bucket, key },
  });
}
