import { SluiceError } from '../../core/errors.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { validationError } from '../wire/aws-error.ts';
import type { OperationContext } from './operation.ts';

/** The members of a data source that say which objects are meant: those of a channel, or of a transform's input. */
export interface InputSource {
  readonly S3DataType?: string | undefined;
  readonly S3Uri?: string | undefined;
}

/** What the store says of a bucket that cannot be listed, as AWS sees it too. */
const NOTHING_FOUND: ReadonlySet<string> = new Set(['NoSuchBucket', 'NoSuchKey', 'AccessDenied']);

/**
 * Refuses a job whose input has no objects, as SageMaker does before it takes a training or transform job.
 *
 * Source: answers quoted in aws/amazon-sagemaker-examples issues 2267 and 2489 (CreateTrainingJob), 2270 and 2414
 * (CreateTransformJob). Gaps: what AWS says of a manifest that does not exist is not known; it is looked for when the
 * job runs. Jobs that are simulated need no data, so that nothing is looked for there.
 *
 * @throws AwsError `ValidationException`
 */
export async function requireInputObjects(
  { stores, account }: OperationContext,
  sources: readonly (InputSource | undefined)[],
  role: string | undefined,
): Promise<void> {
  if (!stores) return;
  for (const source of sources) {
    const { S3DataType: type, S3Uri: uri } = source ?? {};
    if (type !== 'S3Prefix' || !uri?.startsWith('s3://')) continue;
    const { bucket, key } = parseS3Uri(uri);
    if (await hasObjects(stores, bucket, key)) continue;
    throw validationError(
      `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (${account.region}), that objects exist under that S3 prefix, and that the role "${role}" has "s3:ListBucket" permissions on bucket "${bucket}".`,
    );
  }
}

async function hasObjects(
  stores: NonNullable<OperationContext['stores']>,
  bucket: string,
  prefix: string,
): Promise<boolean> {
  try {
    for await (const _ of stores.store(bucket).list(bucket, { prefix })) return true;
    return false;
  } catch (error) {
    // A store that does not answer is the job's to report.
    return !(error instanceof SluiceError && NOTHING_FOUND.has(error.code));
  }
}
