import type { OperationContext } from './operations/operation.ts';
import { operations } from './operations/table.ts';
import { relay, serverToAsk } from './peers/relay.ts';
import type { OperationHandler } from './wire/create-service.ts';
import type { Service } from './wire/http.ts';
import { createJsonService } from './wire/json-service.ts';
import { sagemakerModel } from './wire/model/sagemaker.gen.ts';

/** The SageMaker API over the jobs and the state of one home. */
export function createSageMaker(context: OperationContext, log: (message: string) => void): Service {
  const handlers = Object.entries(operations).map(([name, operation]): [string, OperationHandler] => [
    name,
    (input) => operation(input, context),
  ]);
  return createJsonService({
    name: 'SageMaker',
    model: sagemakerModel,
    operations: Object.fromEntries(handlers),
    instead(error, request) {
      const server = context.peers && serverToAsk(error, request.headers);
      return context.peers && server !== undefined ? relay(context.peers, server, request) : undefined;
    },
    log,
  });
}
