/**
 * Invocations that go through several containers, or to a model or container that they name.
 *
 * Source: AWS developer guide, "Inference pipelines in Amazon SageMaker AI" (the answer of each container is the request of
 * the next one), "Invoke a multi-container endpoint with direct invocation" and "Custom Containers Contract for Multi-Model
 * Endpoints".
 * By design: Accept goes to the last container of a pipeline alone, because between containers each one's own default
 * holds, as the notebook "Inference Pipeline with Scikit-learn and Linear Learner" of aws/amazon-sagemaker-examples says;
 * the other headers go to all. The time of an invocation is that of all its containers together.
 */
import type { ServerResponse } from 'node:http';
import type { Pool } from 'undici';
import {
  type ContainerServer,
  type Instance,
  type RoutedVariant,
  suitableInstance,
  TargetModelError,
} from '../../jobs/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { AnswerRelay } from './answer-relay.ts';
import { askModel } from './ask-model.ts';
import { type CollectedAnswer, type ContainerCall, collectAnswer } from './collect-answer.ts';
import type { Invocation } from './parse-invocation.ts';
import { type ModelAnswer, modelError, targetModelError, timedOut } from './runtime-error.ts';

/** What goes through containers. */
export interface StagedInvocation extends Pick<OperationContext, 'jobs' | 'account'> {
  readonly invocation: Invocation;
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly variant: RoutedVariant;
  /** Their places in the model, in the order in which they are asked. */
  readonly containers: readonly number[];
}

/** A server that cannot be reached; nothing was sent to it. */
export class Unreachable extends Error {
  /** undici's or the system's. */
  readonly code: string | undefined;

  constructor(code: string | undefined) {
    super('the server cannot be reached');
    this.code = code;
  }
}

/** No instance of the variant has healthy servers of the containers. */
export class NoInstance extends Error {}

/** One request to one container. */
interface StageRequest {
  readonly body: Buffer;
  /** Names and values by turns. */
  readonly headers: readonly string[];
}

/**
 * Carries an invocation out: the client has its answer, or has gone, when this resolves.
 *
 * @throws RuntimeError, Unreachable, NoInstance
 */
export async function runStages(staged: StagedInvocation): Promise<void> {
  const { variant, containers, invocation } = staged;
  const instance = suitableInstance(variant, { containers, targetModel: invocation.targetModel });
  if (!instance) throw new NoInstance();
  instance.active++;
  try {
    await new Stages(staged).run(
      containers.map((index) => instance.servers[index] as Instance['servers'][0]),
    );
  } finally {
    instance.active--;
  }
}

class Stages {
  readonly #staged: StagedInvocation;
  readonly #until: number;

  constructor(staged: StagedInvocation) {
    this.#staged = staged;
    this.#until = performance.now() + staged.jobs.endpoints.limits.invocationMs;
  }

  async run(servers: readonly ContainerServer[]): Promise<void> {
    const { invocation, response } = this.#staged;
    const last = servers.at(-1) as ContainerServer;
    let request: StageRequest = { body: this.#staged.body, headers: invocation.headers };
    for (const server of servers.slice(0, -1)) {
      const headers = withoutHeader(request.headers, 'accept');
      const answer = await this.#pass(server, { ...request, headers });
      if (response.destroyed) return;
      request = { body: answer.body, headers: withContentType(invocation.headers, answer.contentType) };
    }
    await this.#relay(last, request);
  }

  /** Resolves with what the container made of it, for the next one. */
  async #pass(
    server: ContainerServer,
    request: StageRequest,
  ): Promise<{ readonly body: Buffer; readonly contentType: string | undefined }> {
    const { response, jobs } = this.#staged;
    const maxBytes = jobs.endpoints.limits.passedOnBytes;
    const passed: { body: Buffer; contentType: string | undefined } = {
      body: Buffer.alloc(0),
      contentType: undefined,
    };
    await this.#ask(server, request, async (pool, call) => {
      const answer = await collectAnswer(pool, call, response, maxBytes);
      if (response.destroyed) return undefined;
      const failed = failureOf(answer, server.name, maxBytes);
      if (!failed) Object.assign(passed, answer);
      return failed;
    });
    return passed;
  }

  /** Passes the container's answer on to the client. */
  async #relay(server: ContainerServer, request: StageRequest): Promise<void> {
    const { response, requestId, variant, invocation } = this.#staged;
    const relayed = (pool: Pool, call: ContainerCall): Promise<ModelAnswer | undefined> =>
      new Promise((resolve, reject) => {
        const relay = new AnswerRelay({
          response,
          requestId,
          variant: variant.name,
          container: server.name,
          streamed: invocation.streamed,
          onModelError: resolve,
          onUnreachable: (code) => reject(new Unreachable(code)),
          // What has failed is told after it.
          onEnd: () => setImmediate(resolve, undefined),
        });
        pool.dispatch({ ...call, method: 'POST' }, relay);
      });
    await this.#ask(server, request, relayed);
  }

  /** Sends a request to a container, which has its target model for as long. @throws RuntimeError, Unreachable */
  async #ask(
    server: ContainerServer,
    { body, headers }: StageRequest,
    send: (pool: Pool, call: ContainerCall) => Promise<ModelAnswer | undefined>,
  ): Promise<void> {
    const { invocation, account } = this.#staged;
    const { pool, models } = server;
    if (!pool) throw new Unreachable(undefined);
    const attempt = async (path: string, more: readonly string[] = []): Promise<ModelAnswer | undefined> => {
      const leftMs = Math.ceil(this.#until - performance.now());
      if (leftMs <= 0) return { status: 0, text: timedOut(server.name) };
      const limits = { headersTimeout: leftMs, bodyTimeout: leftMs };
      return send(pool, { path, headers: [...headers, ...more], body, ...limits });
    };
    const place = { endpoint: invocation.endpoint, container: server.name };
    try {
      const failed = models
        ? await askModel(models, invocation.targetModel as string, attempt)
        : await attempt('/invocations');
      if (failed) throw modelError(failed, place, account);
    } catch (error) {
      throw error instanceof TargetModelError ? targetModelError(error, place, account) : error;
    }
  }
}

/** Of undici and the system: the request has not reached the container. */
const NOT_SENT = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_CONNECT_TIMEOUT', 'ECONNREFUSED']);

/** What an answer that cannot be passed on is told as. @throws Unreachable */
function failureOf(answer: CollectedAnswer, container: string, maxBytes: number): ModelAnswer | undefined {
  if ('status' in answer) {
    const { status, body } = answer;
    if (status >= 300) return { status, text: body?.toString('utf8') };
    return body ? undefined : { status, text: `The answer has more than ${maxBytes} bytes.` };
  }
  const { code } = answer;
  if (code !== undefined && NOT_SENT.has(code)) throw new Unreachable(code);
  const late = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
  return { status: 0, text: late ? timedOut(container) : 'The container closed the connection.' };
}

function withoutHeader(headers: readonly string[], name: string): string[] {
  return headers.filter((_, index) => headers[index - (index % 2)] !== name);
}

function withContentType(headers: readonly string[], contentType: string | undefined): string[] {
  const others = withoutHeader(headers, 'content-type');
  return contentType === undefined ? others : ['content-type', contentType, ...others];
}
