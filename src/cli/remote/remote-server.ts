import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, errorCodes } from '../../core/error-codes.ts';
import { errorMessage, SluiceError, systemErrorCode } from '../../core/errors.ts';
import { type Credentials, signHeaders } from '../../core/sigv4.ts';
import type { CliContext } from '../context.ts';

/** How often a stream is taken up again after its server was lost, and how long is waited before. */
const RETRIES = { most: 30, everyMs: 1000 };

/** The status of a stream whose end was read before. */
const NO_MORE = 204;

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** What is sent. */
interface Sent {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The path of a file whose bytes are sent. */
  readonly file?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One server-sent event. */
export interface RemoteEvent {
  readonly id: string | undefined;
  readonly data: unknown;
}

/** The runs' API of a server. Requests are signed once it asks for that, with what `sluice env` exports. */
export class RemoteServer {
  readonly url: string;
  readonly #context: CliContext;
  #signs = false;

  constructor(url: string, context: CliContext) {
    this.url = url;
    this.#context = context;
  }

  /** Asks, and reads the answer's JSON, where it has one. @throws SluiceError what the server refuses with, `ServerUnavailable` */
  async ask<Answer>(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const text = await (await this.#request(method, path, sent)).text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** Whether there is something at a path. */
  async has(path: string): Promise<boolean> {
    try {
      await this.#request('GET', path, {});
      return true;
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'BundleNotFound') return false;
      throw error;
    }
  }

  /**
   * The events of a stream; after a lost connection it goes on behind the last, until the server ends it.
   *
   * @param untilTold go on until the server says that there is no more: one that stops ends its streams, too
   */
  async *follow(path: string, signal?: AbortSignal, untilTold = false): AsyncGenerator<RemoteEvent> {
    let last: string | undefined;
    for (let failures = 0; ; ) {
      try {
        const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': last };
        const response = await this.#request('GET', path, { headers, ...(signal && { signal }) });
        for await (const event of eventsOf(response)) {
          failures = 0;
          last = event.id ?? last;
          yield event;
        }
        if (!untilTold || response.status === NO_MORE) return;
        if (++failures > RETRIES.most) throw ended(this.url);
        if (failures > 1) await sleep(RETRIES.everyMs);
      } catch (error) {
        const isLost = !(error instanceof SluiceError) || error.code === 'ServerUnavailable';
        if (signal?.aborted || !isLost || ++failures > RETRIES.most) throw error;
        await sleep(RETRIES.everyMs);
      }
    }
  }

  async #request(method: string, path: string, sent: Sent): Promise<Response> {
    const response = await this.#send(method, path, sent);
    if (response.ok) return response;
    const text = await response.text();
    if (response.status === 401 && !this.#signs && this.#credentials()) {
      this.#signs = true;
      return this.#request(method, path, sent);
    }
    throw refusalOf(this.url, response.status, text);
  }

  async #send(method: string, path: string, { body, file, headers = {}, signal }: Sent): Promise<Response> {
    const url = new URL(`${this.url}/_sluice/v1${path}`);
    const text = body === undefined ? '' : JSON.stringify(body);
    const all = { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers };
    try {
      return await fetch(url, {
        method,
        headers: this.#signs
          ? this.#sign(method, url, all, file === undefined ? sha256(text) : UNSIGNED)
          : all,
        ...(body !== undefined && { body: text }),
        ...(file !== undefined && {
          body: Readable.toWeb(createReadStream(file)) as ReadableStream,
          duplex: 'half' as const,
        }),
        ...(signal && { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const cause = (error as { readonly cause?: unknown }).cause;
      const reason = systemErrorCode(cause) ?? errorMessage(cause ?? error);
      throw new SluiceError('ServerUnavailable', `The server ${this.url} does not answer: ${reason}.`, {
        cause: error,
        hint: 'Is it running, and is --server or SLUICE_SERVER right?',
      });
    }
  }

  #sign(method: string, url: URL, headers: Readonly<Record<string, string>>, payloadHash: string) {
    const { host: _, ...signed } = signHeaders(
      {
        method,
        path: url.pathname,
        query: [...url.searchParams],
        headers: { host: url.host },
        payloadHash,
      },
      this.#credentials() as Credentials,
      { region: this.#context.account.region, service: 'sluice' },
    );
    return { ...headers, ...signed };
  }

  #credentials(): Credentials | undefined {
    const { environment } = this.#context;
    const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
    const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
    const sessionToken = environment['AWS_SESSION_TOKEN'];
    if (!accessKeyId || !secretAccessKey) return undefined;
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
}

function ended(url: string): SluiceError {
  return new SluiceError('ServerUnavailable', `The server ${url} ends the stream again and again.`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function refusalOf(url: string, status: number, text: string): SluiceError {
  let refusal: { code?: string; message?: string; hint?: string } = {};
  try {
    refusal = (JSON.parse(text) as { error?: typeof refusal }).error ?? {};
  } catch {
    // No server of Sluice, or one before this API.
  }
  const { code = '', hint, message = `${url} answers with status ${status}: it serves no runs.` } = refusal;
  const own = Object.hasOwn(errorCodes, code)
    ? (code as ErrorCode)
    : status < 500
      ? 'AccessDenied'
      : 'ServerUnavailable';
  return new SluiceError(own, message, hint === undefined ? {} : { hint });
}

async function* eventsOf(response: Response): AsyncGenerator<RemoteEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(piece, { stream: true });
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
      const data = fields.get('data');
      if (data !== undefined) yield { id: fields.get('id'), data: JSON.parse(data) as unknown };
    }
  }
}
