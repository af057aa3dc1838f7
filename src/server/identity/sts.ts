/**
 * AWS STS, as far as SageMaker's clients ask it who they are.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html. By design: everybody is a
 * session of the execution role, so that SageMaker's Python SDK finds that role by itself.
 */
import { defaultRoleArn } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import type { Service } from '../wire/http.ts';
import { stsModel } from '../wire/model/sts.gen.ts';
import { createQueryService } from '../wire/query-service.ts';

/** Of its answers. */
export const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** The service for the callers of one account. */
export function createSts(
  { account }: { readonly account: Account },
  log: (message: string) => void,
): Service {
  return createQueryService({
    name: 'STS',
    model: stsModel,
    namespace: STS_NAMESPACE,
    operations: {
      GetCallerIdentity: async () => ({
        Arn: sessionArn(account),
        UserId: 'AROASLUICEEXECUTIONRO:sluice',
        Account: account.accountId,
      }),
    },
    log,
  });
}

/** `arn:aws:sts::123456789012:assumed-role/SluiceExecutionRole/sluice`. */
function sessionArn(account: Account): string {
  const role = defaultRoleArn(account);
  return `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/sluice`;
}
