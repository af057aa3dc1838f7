import type { AwsError } from './aws-error.ts';
import type { Service, WireAnswer, WireRequest } from './http.ts';
import type { ServiceModel } from './model/service-model.ts';
import { toAwsError } from './to-aws-error.ts';

/** What an operation does: from its checked input to its output. @param request of the services of forms */
export type OperationHandler = (input: never, request?: WireRequest) => Promise<object>;

/** What a service is made of, whatever protocol it speaks. */
export interface ServiceOptions {
  /** How messages call it: `SageMaker`. */
  readonly name: string;
  readonly model: ServiceModel;
  readonly operations: Readonly<Record<string, OperationHandler>>;
  /** Answers in place of an error where another server can. Absent, or undefined: the error is the answer. */
  readonly instead?: (error: unknown, request: WireRequest) => Promise<WireAnswer> | undefined;
  readonly log: (message: string) => void;
}

/** How a protocol answers. */
export interface Protocol<Options extends ServiceOptions> {
  /** Does what a request asks. @throws AwsError */
  run(options: Options, request: WireRequest): Promise<WireAnswer>;
  /** The answer to a request that failed. */
  refuse(error: AwsError, request: WireRequest, options: Options): WireAnswer;
}

/** Makes a service of the operations in a table, which speaks a protocol. */
export function createService<Options extends ServiceOptions>(
  options: Options,
  { run, refuse }: Protocol<Options>,
): Service {
  const { instead, log } = options;
  const refusal = (error: unknown, request: WireRequest) => refuse(toAwsError(error, log), request, options);
  return {
    operations: new Set(Object.keys(options.operations)),
    async handle(request) {
      try {
        return await run(options, request);
      } catch (error) {
        return answerInstead(error, request);
      }
    },
  };

  async function answerInstead(error: unknown, request: WireRequest): Promise<WireAnswer> {
    try {
      return (await instead?.(error, request)) ?? refusal(error, request);
    } catch (failure) {
      return refusal(failure, request);
    }
  }
}
