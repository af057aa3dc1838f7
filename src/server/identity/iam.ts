/**
 * AWS IAM, as far as SageMaker's clients ask it for the ARN of a role and what it may do.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and API_SimulatePrincipalPolicy.html. By
 * design: Sluice has no roles of its own, so that a role of any name exists, trusted by SageMaker and allowed everything.
 */
import { defaultRoleArn } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import type { Service } from '../wire/http.ts';
import { iamModel } from '../wire/model/iam.gen.ts';
import { createQueryService } from '../wire/query-service.ts';

const TRUST_POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
};

/** The service for the roles of one account. */
export function createIam(
  { account }: { readonly account: Account },
  log: (message: string) => void,
): Service {
  return createQueryService({
    name: 'IAM',
    model: iamModel,
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    operations: {
      GetRole: async ({ RoleName: name }: { readonly RoleName: string }) => ({ Role: roleOf(account, name) }),
      SimulatePrincipalPolicy: async ({ ActionNames: actions, ResourceArns: resources }: Simulated) => ({
        IsTruncated: false,
        EvaluationResults: actions.flatMap((action) =>
          (resources ?? ['*']).map((resource) => allowed(action, resource)),
        ),
      }),
    },
    log,
  });
}

interface Simulated {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[];
}

function allowed(action: string, resource: string) {
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: 'allowed',
    MatchedStatements: [],
    MissingContextValues: [],
  };
}

function roleOf(account: Account, name: string) {
  return {
    Path: '/',
    RoleName: name,
    RoleId: 'AROASLUICEEXECUTIONRO',
    Arn: `${defaultRoleArn(account).split(':role/', 1)[0]}:role/${name}`,
    CreateDate: new Date(0),
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(TRUST_POLICY)),
    MaxSessionDuration: 43_200,
  };
}
