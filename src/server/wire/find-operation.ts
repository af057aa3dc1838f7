import { AwsError } from './aws-error.ts';
import type { OperationHandler, ServiceOptions } from './create-service.ts';
import type { OperationModel, ServiceModel } from './model/service-model.ts';
import { validateInput } from './validate-input.ts';

/** An operation that a service serves, by its name; undefined for any other. */
export function findOperation(
  { model, operations: handlers }: ServiceOptions,
  name: string,
): { operation: OperationModel; handler: OperationHandler } | undefined {
  const operations: Readonly<Record<string, OperationModel>> = model.operations;
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  return operation && handler && { operation, handler };
}

/**
 * Holds an input against the constraints of its operation.
 *
 * @param code - Of the error. @default 'ValidationException'
 * @throws AwsError
 */
export function checkInput(
  model: ServiceModel,
  operation: OperationModel,
  value: object,
  code: string | undefined,
): void {
  try {
    validateInput(model, operation.input, value);
  } catch (error) {
    if (!(error instanceof AwsError) || code === undefined) throw error;
    throw new AwsError(code, error.message);
  }
}
