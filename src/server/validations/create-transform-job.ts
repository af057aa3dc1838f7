import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';

/** MaxPayloadInMB and MaxConcurrentTransforms of a transform job that says nothing. */
const DEFAULT_PAYLOAD_MB = 6;
const DEFAULT_CONCURRENCY = 1;
/** What payload times concurrency may come to, megabytes. */
const MAX_LOAD_MB = 100;

/**
 * The rules of CreateTransformJob that the service model cannot say.
 *
 * Source: API_CreateTransformJob (MaxPayloadInMB, MaxConcurrentTransforms, BatchStrategy). Gaps: the texts are not
 * documented; these are ours.
 *
 * @throws AwsError `ValidationException`
 */
export function validateCreateTransformJob(input: CreateTransformJobRequest): void {
  const { MaxPayloadInMB: payload = DEFAULT_PAYLOAD_MB, MaxConcurrentTransforms: concurrency } = input;
  if (payload > MAX_LOAD_MB) throw validationError(`MaxPayloadInMB cannot be greater than ${MAX_LOAD_MB}.`);
  if (payload * Math.max(concurrency ?? 0, DEFAULT_CONCURRENCY) > MAX_LOAD_MB) {
    throw validationError(
      `MaxConcurrentTransforms * MaxPayloadInMB cannot be greater than ${MAX_LOAD_MB} MB: ${concurrency} * ${payload}.`,
    );
  }
  if (payload === 0 && input.BatchStrategy === 'MultiRecord') {
    throw validationError('BatchStrategy MultiRecord needs a MaxPayloadInMB greater than 0.');
  }
}
