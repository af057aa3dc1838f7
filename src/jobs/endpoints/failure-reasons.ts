/**
 * Why an endpoint failed: FailureReason.
 *
 * Source: the texts as users of real endpoints report them: aws/amazon-sagemaker-examples issue 210 (health check),
 * "Failed to extract model data archive", "Failed to download model data".
 * By design: what Sluice knows beyond them follows in parentheses.
 */
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { firstCharacters, MAX_FAILURE_REASON_LENGTH } from '../../contract/failure-reason.ts';
import { errorMessage } from '../../core/errors.ts';
import { failureReasonOf, JobFailure } from '../../hosts/index.ts';

/** A model server that did not come to answer /ping. */
export function pingFailure(variant: string, container: string): JobFailure {
  return new JobFailure(
    `The ${container} container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`,
  );
}

/** A model that could not be brought. */
export function modelDataFailure(container: ContainerDefinition, name: string, error: unknown): JobFailure {
  const url = container.ModelDataUrl ?? container.ModelDataSource?.S3DataSource?.S3Uri ?? '';
  const detail = failureReasonOf(error);
  const text = /Expected a tar\.gz archive/.test(detail)
    ? `Failed to extract model data archive from URL "${url}". Please ensure that the object located at the URL is a valid tar.gz archive.`
    : `Failed to download model data for container "${name}" from URL: "${url}". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object.`;
  return new JobFailure(firstCharacters(`${text} (${detail})`, MAX_FAILURE_REASON_LENGTH), error);
}

/** The FailureReason of anything that was thrown while an endpoint was changed. */
export function endpointFailureReason(error: unknown): string {
  return error instanceof JobFailure
    ? error.failureReason
    : firstCharacters(errorMessage(error), MAX_FAILURE_REASON_LENGTH);
}
