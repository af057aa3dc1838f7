import { SluiceError } from '../../../../core/errors.ts';
import { parseS3Uri } from '../../../../objects/index.ts';
import type { AwsAccess } from '../../../../platforms/sagemaker/index.ts';
import type { FlyteTask } from '../../flyte-task.ts';
import { functionInputs, LARGEST_OUTPUTS, type ReadObject } from '../../runs/function-data.ts';
import { recordOf } from '../../runs/job-task.ts';
import type { ConnectorContext } from '../../task-type.ts';
import { serviceApi } from '../service-api.ts';
import { ATTEMPTS } from '../troubles.ts';
import { type FunctionPlaces, isScript } from './emr-request.ts';
import { ENTRYPOINT, ENTRYPOINT_KEY } from './entrypoint.ts';

/**
 * Where a function and its values go: the bucket that flytekit's connector takes, or that of `platforms.emr.logUri`.
 *
 * @returns undefined for a script
 * @throws SluiceError `InvalidArgument` where nothing names a bucket
 */
export function functionPlaces(
  task: FlyteTask,
  token: string,
  { environment, home }: ConnectorContext,
): FunctionPlaces | undefined {
  if (isScript(task)) return undefined;
  const monitoring = recordOf(recordOf(task.custom['configuration_overrides'])['monitoringConfiguration']);
  const logUri = recordOf(monitoring['s3MonitoringConfiguration'])['logUri'];
  const named = [
    environment['FLYTE_EMR_ENTRYPOINT_S3_BUCKET'],
    typeof logUri === 'string' ? logUri : undefined,
    environment['FLYTE_AWS_S3_BUCKET'],
    home.configuration.platforms?.emr?.logUri,
  ].find((each) => each !== undefined && each !== '');
  const bucket = named?.replace(/^s3:\/\//, '').split('/')[0];
  if (bucket === undefined || bucket === '')
    throw new SluiceError(
      'InvalidArgument',
      'Nothing says in which bucket a function of EMR Serverless lies.',
      {
        hint: 'Set FLYTE_EMR_ENTRYPOINT_S3_BUCKET for the connector, or configuration_overrides.monitoringConfiguration.s3MonitoringConfiguration.logUri in the task.',
      },
    );
  return {
    entryPoint: `s3://${bucket}/${ENTRYPOINT_KEY}`,
    store: `s3://${bucket}/sluice/flyte/${token}`,
  };
}

/** Puts what runs a function, and its inputs, where its job finds them. */
export async function placeFunction(
  { literals }: FlyteTask,
  { entryPoint, store }: FunctionPlaces,
  access: AwsAccess,
): Promise<void> {
  const s3 = await serviceApi(access, 's3', ATTEMPTS);
  const put = ({ uri, bytes }: { readonly uri: string; readonly bytes: Buffer }): Promise<unknown> => {
    const { bucket, key } = parseS3Uri(uri);
    return s3.send('PutObject', { Bucket: bucket, Key: key, Body: bytes });
  };
  const parts = [{ uri: entryPoint, bytes: Buffer.from(ENTRYPOINT) }, functionInputs(store, literals)];
  await Promise.all(parts.map(put));
}

/** Reads what a function has left. */
export async function objectReader(access: AwsAccess): Promise<ReadObject> {
  const s3 = await serviceApi(access, 's3', ATTEMPTS);
  return async (uri) => {
    const { bucket, key } = parseS3Uri(uri);
    const range = `bytes=0-${LARGEST_OUTPUTS}`;
    try {
      const { Body } = (await s3.send('GetObject', { Bucket: bucket, Key: key, Range: range })) as {
        readonly Body?: { transformToByteArray(): Promise<Uint8Array> };
      };
      return Body && Buffer.from(await Body.transformToByteArray());
    } catch (error) {
      const name = error instanceof SluiceError ? error.details['awsError'] : undefined;
      if (name === 'NoSuchKey' || name === 'NotFound') return undefined;
      // An empty object has no first byte.
      if (name === 'InvalidRange') return Buffer.alloc(0);
      throw error;
    }
  };
}
