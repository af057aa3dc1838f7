import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { DEFAULT_PAYLOAD_IN_MB, MAX_PAYLOAD_IN_MB, transformLoadProblem } from '../../contract/rules.ts';
import { validationError } from '../wire/aws-error.ts';

/**
 * The rules of CreateTransformJob that the service model cannot say.
 *
 * Source: API_CreateTransformJob (MaxPayloadInMB, MaxConcurrentTransforms, BatchStrategy). Gaps: the texts are not
 * documented; these are ours.
 *
 * @throws AwsError `ValidationException`
 */
export function validateCreateTransformJob(input: CreateTransformJobRequest): void {
  const { MaxPayloadInMB: payload, MaxConcurrentTransforms: concurrency } = input;
  const problem = transformLoadProblem(payload, concurrency);
  if (problem === 'payload')
    throw validationError(`MaxPayloadInMB cannot be greater than ${MAX_PAYLOAD_IN_MB}.`);
  if (problem === 'load') {
    throw validationError(
      `MaxConcurrentTransforms * MaxPayloadInMB cannot be greater than ${MAX_PAYLOAD_IN_MB} MB: ${concurrency} * ${payload ?? DEFAULT_PAYLOAD_IN_MB}.`,
    );
  }
  if (payload === 0 && input.BatchStrategy === 'MultiRecord') {
    throw validationError('BatchStrategy MultiRecord needs a MaxPayloadInMB greater than 0.');
  }
}
