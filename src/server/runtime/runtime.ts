/**
 * SageMaker Runtime: InvokeEndpoint and InvokeEndpointWithResponseStream, over the model servers of this home's
 * endpoints.
 *
 * Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 * Gaps: InvokeEndpointAsync and inference components are refused with an error that says so.
 * By design: a request is read whole (at most 6 MiB) before it is sent, an answer passes through as it comes.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PRIMARY_CONTAINER } from '../../contract/model-containers.ts';
import { leastBusy, type RoutedVariant } from '../../jobs/index.ts';
import type { Authorize } from '../access/authorize.ts';
import type { OperationContext } from '../operations/operation.ts';
import { InvocationRelay } from '../peers/relay-invocation.ts';
import type { AwsError } from '../wire/aws-error.ts';
import type { AccessKey } from '../wire/keyring.ts';
import { readBody } from '../wire/read-body.ts';
import { toAwsError } from '../wire/to-aws-error.ts';
import { AnswerRelay } from './answer-relay.ts';
import { chooseContainers } from './choose-containers.ts';
import { type Invocation, parseInvocation } from './parse-invocation.ts';
import {
  bodyTooLarge,
  endpointNotFound,
  modelError,
  modelNotReady,
  RuntimeError,
  serviceUnavailable,
  variantNotFound,
} from './runtime-error.ts';
import { NoInstance, runStages, Unreachable } from './staged-invocation.ts';

/** The largest body that InvokeEndpoint takes, bytes. */
const MAX_BODY_BYTES = 6_291_456;
/** A server that is being stopped in this very moment is not the only one, or not there any more. */
const MAX_ATTEMPTS = 3;

/** What the service is made of. */
export interface RuntimeOptions extends Pick<OperationContext, 'jobs' | 'account' | 'peers'> {
  readonly log: (message: string) => void;
  /** Refuses a request whose signature is wrong. @throws AwsError */
  readonly authorize?: Authorize | undefined;
  /** Asks the policies of who has signed. @throws AwsError */
  readonly allow?: (request: IncomingMessage, caller: AccessKey | undefined) => Promise<void>;
}

/** The service. */
export interface Runtime {
  /** Answers a request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Makes the service. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const { peers, jobs } = options;
  const relay = peers && new InvocationRelay(peers, jobs.endpoints);
  return {
    async handle(request, response) {
      const requestId = randomUUID();
      try {
        const authorize = await options.authorize?.(request);
        const body = await readBody(request, MAX_BODY_BYTES, bodyTooLarge);
        await options.allow?.(request, authorize?.(body));
        const invocation = parseInvocation(request);
        const server = await relay?.serverOf(invocation.endpoint, request);
        if (relay && server !== undefined) return await relay.pass(server, request, body, response);
        new InvocationRun(options, {
          invocation,
          body,
          response,
          requestId,
        }).begin();
      } catch (error) {
        sendError(response, requestId, toAwsError(error, options.log));
      }
    },
  };
}

interface InvocationState {
  readonly invocation: Invocation;
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly requestId: string;
}

/** One invocation on its way to a model and back. */
class InvocationRun {
  readonly #options: RuntimeOptions;
  readonly #state: InvocationState;
  #attempt = 0;
  readonly #receivedAt = performance.now();
  /** The model's part: when it was asked and when its answer was over. */
  #askedAt: number | undefined;
  #answeredAt: number | undefined;
  #modelStatus: number | undefined;

  constructor(options: RuntimeOptions, state: InvocationState) {
    this.#options = options;
    this.#state = state;
  }

  /** @throws AwsError when there is nothing to send it to. */
  begin(): void {
    const { invocation, body, response, requestId } = this.#state;
    const { endpoint, streamed, headers } = invocation;
    const variant = this.#variant();
    if (this.#askedAt === undefined) response.once('close', () => this.#count(variant));
    this.#askedAt = performance.now();
    const { targetModel, targetContainer } = invocation;
    if (!variant.plain || targetModel !== undefined || targetContainer !== undefined)
      return this.#beginStages(variant);
    const instance = leastBusy(variant);
    if (!instance?.pool) throw noServer(variant, endpoint);
    this.#attempt++;
    instance.active++;
    const relay = new AnswerRelay({
      response,
      requestId,
      variant: variant.name,
      container: PRIMARY_CONTAINER,
      streamed,
      onModelError: (answer) => {
        this.#modelStatus = answer.status;
        this.#fail(modelError(answer, { endpoint, container: PRIMARY_CONTAINER }, this.#options.account));
      },
      onUnreachable: (code) => this.#again(variant, code),
      onEnd: () => {
        instance.active--;
        this.#answeredAt = performance.now();
      },
    });
    instance.pool.dispatch({ path: '/invocations', method: 'POST', headers, body }, relay);
  }

  #beginStages(variant: RoutedVariant): void {
    const { jobs, account, log } = this.#options;
    const { invocation, requestId } = this.#state;
    const containers = chooseContainers(variant, invocation, requestId);
    this.#attempt++;
    runStages({ ...this.#state, jobs, account, variant, containers }).catch((error: unknown) => {
      if (error instanceof Unreachable) return this.#again(variant, error.code);
      this.#answeredAt = performance.now();
      if (error instanceof RuntimeError) this.#modelStatus = error.details['OriginalStatusCode'] as number;
      const told = error instanceof NoInstance ? noServer(variant, invocation.endpoint) : error;
      this.#fail(toAwsError(told, log));
    });
  }

  #variant(): RoutedVariant {
    const { endpoint, targetVariant } = this.#state.invocation;
    const { jobs, account } = this.#options;
    const route = jobs.endpoints.route(endpoint);
    if (!route) throw endpointNotFound(endpoint, account);
    if (targetVariant === undefined) return route.choose();
    const variant = route.variant(targetVariant);
    if (!variant) throw variantNotFound(targetVariant, endpoint, account);
    return variant;
  }

  /** Nothing was sent yet: a server that has just been taken out of service makes place for another one. */
  #again(variant: RoutedVariant, code: string | undefined): void {
    const closing = code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED';
    const { endpoint } = this.#state.invocation;
    const reason = 'its server does not take connections';
    if (!closing || this.#attempt >= MAX_ATTEMPTS)
      return this.#fail(serviceUnavailable(variant.name, endpoint, reason));
    try {
      this.begin();
    } catch (error) {
      this.#fail(toAwsError(error, this.#options.log));
    }
  }

  /** The invocation is over, or its client has gone. */
  #count({ name: variant, instances }: RoutedVariant): void {
    const { invocation, response } = this.#state;
    const [now, asked] = [performance.now(), this.#askedAt ?? this.#receivedAt];
    const modelMs = (this.#answeredAt ?? now) - asked;
    this.#options.jobs.endpoints.metrics.count({
      endpoint: invocation.endpoint,
      variant,
      instances: instances.length,
      modelStatus: this.#modelStatus ?? (response.statusCode === 200 ? 200 : undefined),
      modelMs,
      overheadMs: now - this.#receivedAt - modelMs,
    });
  }

  #fail(error: AwsError): void {
    sendError(this.#state.response, this.#state.requestId, error);
  }
}

function noServer(variant: RoutedVariant, endpoint: string): RuntimeError {
  if (variant.instances.some(({ starting }) => starting)) return modelNotReady(variant.name, endpoint);
  const simulated = variant.instances.length === 0;
  const reason = simulated ? 'models are not served where jobs are simulated' : 'its server has ended';
  return serviceUnavailable(variant.name, endpoint, reason);
}

function sendError(response: ServerResponse, requestId: string, error: AwsError): void {
  if (response.destroyed) return;
  const details = error instanceof RuntimeError ? error.details : {};
  // A body that is too large is refused before the service itself, which alone would name a code.
  const body = error.code === '' ? { message: error.message } : { ...details, Message: error.message };
  const text = JSON.stringify(body);
  response.writeHead(error.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-amzn-RequestId': requestId,
    ...(error.code !== '' && { 'x-amzn-ErrorType': error.code }),
  });
  response.end(text);
}
