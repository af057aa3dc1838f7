/**
 * AWS IAM, as far as SageMaker's clients ask it for the ARN of a role and what it may do.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and API_SimulatePrincipalPolicy.html. By
 * design: Sluice has no roles of its own, so that a role of any name exists, trusted by SageMaker and allowed everything.
 */
import { defaultRoleArn } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Service } from '../wire/http.ts';
import { iamModel } from '../wire/model/iam.gen.ts';
import { createQueryService } from '../wire/query-service.ts';

const TRUST_POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
};

/** Of its answers. */
export const IAM_NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';

/** The service for the roles of one account. */
export function createIam(
  { account }: { readonly account: Account },
  log: (message: string) => void,
): Service {
  return createQueryService({
    name: 'IAM',
    model: iamModel,
    namespace: IAM_NAMESPACE,
    operations: {
      GetRole: async ({ RoleName: name }: { readonly RoleName: string }) => ({ Role: roleOf(account, name) }),
      SimulatePrincipalPolicy: async (input: SimulateInput) => simulate(input),
    },
    log,
  });
}

interface SimulateInput {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[];
  readonly Marker?: string;
  readonly MaxItems?: number;
}

/** Every action on every resource, a page at a time. @throws AwsError `InvalidInput` */
function simulate({ ActionNames: actions, ResourceArns, Marker: marker = '0', MaxItems }: SimulateInput) {
  const resources = ResourceArns?.length ? ResourceArns : ['*'];
  if (!/^\d{1,15}$/.test(marker)) throw new AwsError('InvalidInput', `Invalid Marker: ${marker}`);
  const start = Number(marker);
  const total = actions.length * resources.length;
  const end = Math.min(start + (MaxItems ?? DEFAULT_MAX_ITEMS), total);
  const results = Array.from({ length: Math.max(end - start, 0) }, (_, index) => {
    const place = start + index;
    const action = actions[Math.floor(place / resources.length)] as string;
    return allowed(action, resources[place % resources.length] as string);
  });
  return {
    IsTruncated: end < total,
    ...(end < total && { Marker: String(end) }),
    EvaluationResults: results,
  };
}

/** Results of a page that names no number. */
const DEFAULT_MAX_ITEMS = 100;

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
