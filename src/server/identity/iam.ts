/**
 * AWS IAM, as far as roles go: their trust, their policies, and what they may do.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html. Gaps: users,
 * groups, boundaries and further versions of policies are not served.
 */
import type { Service } from '../wire/http.ts';
import { iamModel } from '../wire/model/iam.gen.ts';
import { createQueryService } from '../wire/query-service.ts';
import { policyOperations } from './policy-operations.ts';
import { roleOperations } from './role-operations.ts';
import { rolePolicyOperations } from './role-policy-operations.ts';
import { RoleStore, type RoleStoreOptions } from './role-store.ts';
import { simulateOperations } from './simulate.ts';

/** Of its answers. */
export const IAM_NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';

/** The service for the roles of one account. */
export function createIam(options: RoleStoreOptions, log: (message: string) => void): Service {
  const store = new RoleStore(options);
  return createQueryService({
    name: 'IAM',
    model: iamModel,
    namespace: IAM_NAMESPACE,
    operations: {
      ...roleOperations(store, options),
      ...rolePolicyOperations(store),
      ...policyOperations(store, options),
      ...simulateOperations(store),
    },
    log,
  });
}
