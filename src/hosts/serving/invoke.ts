import { setTimeout as sleep } from 'node:timers/promises';
import { askServer, type ServerResponse } from './http.ts';
import type { ModelServer } from './model-server.ts';

/** How the payloads of a job are sent. */
export interface InvocationSettings {
  readonly contentType: string | undefined;
  readonly accept: string | undefined;
  /** ModelClientConfig.InvocationsTimeoutInSeconds, as milliseconds. */
  readonly timeoutMs: number;
  /** ModelClientConfig.InvocationsMaxRetries. */
  readonly maxRetries: number;
}

/** An invocation that has failed for good. `status` is absent when there was no answer. */
export class InvocationError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = 'InvocationError';
    this.status = status;
  }
}

/** A pause before another try, milliseconds; doubled each time. */
const RETRY_DELAY_MS = 50;
/** Of one payload, which has 100 MB at most: so much more may come of it. */
const LARGEST_ANSWER_BYTES = 512 * 1024 ** 2;

/**
 * Sends one payload and gives back what the model made of it: the answer of each container is the request of the next
 * one. Tries again when there was no answer or a server error; a stream is sent once.
 *
 * @throws InvocationError
 */
export async function invoke(
  server: ModelServer,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  settings: InvocationSettings,
  signal: AbortSignal,
): Promise<Buffer> {
  const retries = body instanceof Uint8Array ? settings.maxRetries : 0;
  for (let attempt = 0; ; attempt++) {
    const answer = await tryOnce(server, body, settings, signal);
    if (!(answer instanceof InvocationError)) return answer.body;
    const final = answer.status !== undefined && answer.status < 500;
    if (final || attempt >= retries) throw answer;
    await sleep(RETRY_DELAY_MS * 2 ** attempt, undefined, { signal });
  }
}

async function tryOnce(
  server: ModelServer,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  settings: InvocationSettings,
  signal: AbortSignal,
): Promise<ServerResponse | InvocationError> {
  try {
    const response = await throughContainers(server, body, settings, signal);
    if (isGood(response)) return response;
    const text = response.body.toString('utf8', 0, 500).trim();
    const said = text === '' ? '' : `: ${text}`;
    return new InvocationError(
      `Bad HTTP status received from algorithm: ${response.status}${said}`,
      response.status,
    );
  } catch (error) {
    signal.throwIfAborted();
    return new InvocationError(`Unable to get response from algorithm: ${(error as Error).message}`);
  }
}

/** The answer of the last container, or of the first that refuses. */
async function throughContainers(
  { agent, ports }: ModelServer,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  { contentType, accept, timeoutMs }: InvocationSettings,
  signal: AbortSignal,
): Promise<ServerResponse> {
  let answer: ServerResponse | undefined;
  for (const [index, port] of ports.entries()) {
    const type = answer ? answer.contentType : contentType;
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      // Between containers each one's own default holds.
      ...(accept !== undefined && index === ports.length - 1 && { accept }),
    };
    const request = {
      agent,
      port,
      method: 'POST',
      path: '/invocations',
      headers,
      timeoutMs,
      maxBytes: LARGEST_ANSWER_BYTES,
      signal,
    } as const;
    answer = await askServer({ ...request, body: answer ? answer.body : body });
    if (!isGood(answer)) return answer;
  }
  return answer as ServerResponse;
}

function isGood({ status }: ServerResponse): boolean {
  return status >= 200 && status < 300;
}
