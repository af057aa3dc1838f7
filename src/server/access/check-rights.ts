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
  { holder, name, assumed }: AccessKey,
  service: ServiceName | 'sluice',
  operation: string,
  {
    account,
    jobAccess,
    enforced,
  }: { readonly account: Account; readonly jobAccess: JobAccess; readonly enforced: boolean },
): void {
  if (holder === 'owner' || (holder === 'job' && jobAccess === 'all')) return;
  // No policy speaks of the runs' API: with policies it is the owners'.
  if (holder === 'session' && !(enforced && service === 'sluice')) return;
  if (holder === 'job' && mayJob(service, operation)) return;
  const session = assumed?.session ?? name.slice(name.indexOf('/') + 1);
  const user = `arn:aws:sts::${account.accountId}:assumed-role/${assumed?.role ?? 'SluiceExecutionRole'}/${session}`;
  const prefix = service === 'scaling' ? 'application-autoscaling' : service;
  const action = service === 'sluice' ? 'sluice:*' : `${prefix}:${operation}`;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  );
}

function mayJob(service: ServiceName | 'sluice', operation: string): boolean {
  switch (service) {
    case 'sluice':
      return false;
    case 'sagemaker':
    case 'scaling':
      return READING.test(operation);
    // Whoever could assume a role, or make one, would be an owner.
    case 'sts':
      return operation === 'GetCallerIdentity';
    case 'iam':
      return READING.test(operation) || operation === 'SimulatePrincipalPolicy';
    default:
      return true;
  }
}
