import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { errorMessage, systemErrorCode } from '../../core/errors.ts';
import { EVENT_STREAM_TYPE, payloadPart, streamError } from './event-stream.ts';
import { type ModelAnswer, timedOut } from './runtime-error.ts';

/** The most of a model's error that is shown, bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Headers of a model that its client gets to see, beside the content type. */
const FORWARDED = [
  'x-amzn-sagemaker-custom-attributes',
  'x-amzn-sagemaker-new-session-id',
  'x-amzn-sagemaker-closed-session-id',
] as const;

/** Where a model's answer goes. */
export interface RelayOptions {
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly variant: string;
  /** The container that answers. */
  readonly container: string;
  readonly streamed: boolean;
  /** The model has answered with an error, or not in time. */
  readonly onModelError: (answer: ModelAnswer) => void;
  /** The server cannot be reached: `code` is undici's or the system's. */
  readonly onUnreachable: (code: string | undefined) => void;
  /** All is over, in whichever way. */
  readonly onEnd: () => void;
}

type Controller = Dispatcher.DispatchController;
type ModelHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Passes a model's answer on as it comes, no faster than it is taken. */
export class AnswerRelay implements Dispatcher.DispatchHandler {
  readonly #options: RelayOptions;
  #status = 0;
  #length = -1;
  #first: Buffer | undefined;
  #error: Buffer[] | undefined;
  #errorBytes = 0;
  #begun = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  onRequestStart(controller: Controller): void {
    const { response } = this.#options;
    this.#begun = true;
    if (response.destroyed) controller.abort(new Error('the client has gone'));
    else
      response.on('close', () => {
        if (!response.writableFinished && !controller.aborted)
          controller.abort(new Error('the client has gone'));
      });
  }

  onResponseStart(_controller: Controller, status: number, headers: ModelHeaders): void {
    if (status < 200) return;
    this.#status = status;
    if (status >= 300) this.#error = [];
    else this.#begin(headers);
  }

  #begin(headers: ModelHeaders): void {
    const { response, requestId, variant, streamed } = this.#options;
    const type = headers['content-type'];
    const head: Record<string, string | string[]> = {
      'x-amzn-RequestId': requestId,
      'x-Amzn-Invoked-Production-Variant': variant,
    };
    if (streamed) head['Content-Type'] = EVENT_STREAM_TYPE;
    if (type !== undefined) head[streamed ? 'X-Amzn-SageMaker-Content-Type' : 'Content-Type'] = type;
    for (const name of FORWARDED) {
      const value = headers[name];
      if (value !== undefined) head[name] = value;
    }
    const length = headers['content-length'];
    if (!streamed && typeof length === 'string') {
      head['Content-Length'] = length;
      this.#length = Number(length);
    }
    response.writeHead(200, head);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#error) {
      this.#errorBytes += chunk.length;
      if (this.#errorBytes <= MAX_ERROR_BYTES) this.#error.push(chunk);
      return;
    }
    // The whole body at once goes out with the head, in one write.
    if (chunk.length === this.#length) this.#first = chunk;
    else this.#write(controller, this.#options.streamed ? payloadPart(chunk) : chunk);
  }

  #write(controller: Controller, chunk: Buffer): void {
    const { response } = this.#options;
    if (response.write(chunk)) return;
    controller.pause();
    response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    const { response, onModelError, onEnd } = this.#options;
    onEnd();
    if (this.#error) {
      const whole = this.#errorBytes <= MAX_ERROR_BYTES;
      const text = whole ? Buffer.concat(this.#error).toString('utf8') : undefined;
      onModelError({ status: this.#status, text });
    } else response.end(this.#first);
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    const { response, container, streamed, onModelError, onUnreachable, onEnd } = this.#options;
    onEnd();
    if (response.destroyed) return;
    const code = systemErrorCode(error);
    const late = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
    if (response.headersSent) {
      if (!streamed) return void response.destroy();
      const message = late ? timedOut(container) : `The model's answer broke off: ${errorMessage(error)}`;
      response.end(streamError(message, late ? 'MODEL_INVOCATION_TIMED_OUT' : 'STREAM_BROKEN'));
    } else if (this.#error) onModelError({ status: this.#status, text: undefined });
    else if (late) onModelError({ status: 0, text: timedOut(container) });
    else if (this.#begun) onModelError({ status: 0, text: 'The container closed the connection.' });
    else onUnreachable(code);
  }
}
