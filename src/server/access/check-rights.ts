/**
 * What a job may do with its own credentials. Its role would say so on SageMaker; here one set holds for all.
 *
 * By design: all of S3, CloudWatch Logs and CloudWatch, which scripts write to; reading SageMaker's resources and what
 * scales them, invoking endpoints, and asking who it is. A job makes no runs, jobs, models or endpoints, scales none, and
 * reads no runs, so that hostile code cannot have other code run: `server.jobAccess: all` allows it.
 */
import type { Account } from '../../core/account.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { AccessKey } from '../wire/keyring.ts';
import type { ServiceName } from '../wire/service-name.ts';

/** What the credentials of jobs reach. */
export type JobAccess = 'data' | 'all';

const READING = /^(Describe|List|Search|Get)/;

/** @throws AwsError `AccessDeniedException` */
export function checkRights(
  { holder, name }: AccessKey,
  service: ServiceName | 'sluice',
  operation: string,
  { account, jobAccess }: { readonly account: Account; readonly jobAccess: JobAccess },
): void {
  if (holder === 'owner' || jobAccess === 'all') return;
  const steering = service === 'sagemaker' || service === 'scaling';
  if (service !== 'sluice' && (!steering || READING.test(operation))) return;
  const session = name.slice(name.indexOf('/') + 1);
  const user = `arn:aws:sts::${account.accountId}:assumed-role/SluiceExecutionRole/${session}`;
  const prefix = service === 'scaling' ? 'application-autoscaling' : 'sagemaker';
  const action = service === 'sluice' ? 'sluice:*' : `${prefix}:${operation}`;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  );
}
