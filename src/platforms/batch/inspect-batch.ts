import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import { logsClient } from '../aws/job-logs.ts';
import { defaultAgentImage } from '../kubernetes/create-kubernetes-platform.ts';
import { AgentSecret } from './agent-secret.ts';
import { BatchApi } from './batch-api.ts';
import { logGroupOf, secretNameOf } from './batch-names.ts';
import { expectReachable, requireQueue } from './check-batch.ts';

/** What of AWS Batch works. */
export interface InspectedBatch {
  /** `123456789012, us-east-1` */
  readonly account: string;
  readonly queue: string;
  /** Of the agent. */
  readonly image: string;
}

/** No job is called so. */
const NOBODY = 'sluice-doctor';

/**
 * Asks AWS what of it works for Sluice; nothing is changed. Rights to change something cannot be tried: `sluice iam check`
 * asks for all.
 *
 * @throws SluiceError that says what does not; of rights that are missing all that can be seen
 */
export async function inspectBatch(
  settings: BatchSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<InspectedBatch> {
  expectReachable(settings);
  const access = new AwsAccess(settings, environment);
  const api = new BatchApi(access);
  const { jobQueue: queue = '' } = settings;
  try {
    const { accountId, region } = await access.account();
    await tryAll([
      () => requireQueue(api, settings),
      () => api.describe([NOBODY]),
      () => api.named(queue, NOBODY),
      () => new AgentSecret(access, secretNameOf(settings)).look(),
      () => lookForGroup(access, logGroupOf(settings)),
    ]);
    return { account: `${accountId}, ${region}`, queue, image: settings.agentImage ?? defaultAgentImage() };
  } finally {
    await access.close();
  }
}

/** @throws SluiceError `AccessDenied` for all that were not allowed, else the first that went wrong */
async function tryAll(tries: readonly (() => Promise<unknown>)[]): Promise<void> {
  const settled = await Promise.allSettled(tries.map((each) => each()));
  const reasons = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const denied = reasons.filter((each) => each instanceof SluiceError && each.code === 'AccessDenied');
  if (denied.length === 0 && reasons.length > 0) throw reasons[0];
  if (denied.length === 0) return;
  throw new SluiceError('AccessDenied', denied.map(errorMessage).join(' '), {
    hint: 'sluice iam print has the policy that jobs need; sluice iam check says what of it is missing.',
  });
}

/** The containers of jobs do not start where there is none. @throws SluiceError `ConfigInvalid` */
async function lookForGroup(access: AwsAccess, logGroupName: string): Promise<void> {
  const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await logsClient(access);
  const command = new GetLogEventsCommand({ logGroupName, logStreamName: NOBODY });
  try {
    await access.call(`GetLogEvents '${logGroupName}'`, () => client.send(command));
  } catch (error) {
    if (!(error instanceof SluiceError) || error.details['awsError'] !== 'ResourceNotFoundException')
      throw error;
    // That the stream is not there is as it should be.
    if (!/log group/i.test(error.message)) return;
    throw new SluiceError(
      'ConfigInvalid',
      `platforms.batch.logGroup: there is no log group '${logGroupName}'.`,
      { hint: `aws logs create-log-group --log-group-name ${logGroupName}`, cause: error },
    );
  }
}
