/**
 * The least that each role of a deployment needs: Flyte's Propeller and its pods, SageMaker's jobs, the role that makes
 * jobs, the one of another account, and the router's.
 *
 * Source of the actions: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html and the service
 * authorization reference. Without a workflow at hand, they are what any job of the enabled platforms may need.
 */
import { partitionOf } from '../../contract/arns.ts';
import { controlStatements, describeStatement } from './control-statements.ts';
import { dataStatements, jobStatements } from './job-statements.ts';
import { type PolicyJson, policyJson, trustOf, trustService } from './policy-json.ts';
import type { LeastRolesOptions } from './roles-options.ts';
import { routerStatements } from './router-statements.ts';

/** A role as it should be. */
export interface LeastRole {
  /** `propeller`, `sagemaker-execution`, … */
  readonly role: RoleKind;
  readonly name: string;
  readonly description: string;
  /** The file that `--out` writes its trust policy into. */
  readonly trustFile: string;
  readonly trustPolicy: PolicyJson;
  readonly policyName: string;
  readonly policyFile: string;
  readonly policy: PolicyJson;
}

/** The roles, by who has them. */
export type RoleKind =
  | 'propeller'
  | 'flyte-execution'
  | 'sagemaker-execution'
  | 'sagemaker-service'
  | 'cross-account'
  | 'router';

/** The six roles. Pure. */
export function leastRoles(options: LeastRolesOptions): LeastRole[] {
  const { platforms, account, region } = options;
  const iam = `arn:${partitionOf(region)}:iam::${account}`;
  const execution = executionRole(options);
  const other = platforms.sagemaker?.assumeRole;
  const crossName = other?.arn.split('/').at(-1) ?? 'SageMakerCrossAccountRole';
  const control = controlStatements(options, execution);
  const role = (
    kind: RoleKind,
    name: string,
    description: string,
    rest: Omit<LeastRole, 'role' | 'name' | 'description'>,
  ) => ({ role: kind, name, description, ...rest }) satisfies LeastRole;
  return [
    role('sagemaker-execution', execution.split('/').at(-1) as string, "SageMaker's jobs run as this role", {
      trustFile: 'sagemaker-execution-role-trust-policy.json',
      trustPolicy: trustService('sagemaker.amazonaws.com'),
      policyName: 'SageMakerCustomPolicy',
      policyFile: 'sagemaker-custom-policy.json',
      policy: policyJson(jobStatements(options)),
    }),
    role('propeller', 'FlytePropellerRole', 'Makes, watches and stops jobs', {
      trustFile: 'flyte-propeller-role-trust-policy.json',
      trustPolicy: trustService('pods.eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
      policyName: 'SageMakerAccess',
      policyFile: 'flyte-sagemaker-access-policy.json',
      policy: policyJson([
        ...control,
        ...(other ? [{ Effect: 'Allow' as const, Action: ['sts:AssumeRole'], Resource: [other.arn] }] : []),
      ]),
    }),
    role('flyte-execution', 'FlyteExecutionRole', "The pods of Flyte's tasks run as this role", {
      trustFile: 'flyte-execution-role-trust-policy.json',
      trustPolicy: trustService('pods.eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
      policyName: 'FlyteExecution',
      policyFile: 'flyte-execution-policy.json',
      policy: policyJson([...dataStatements(options), describeStatement(options)]),
    }),
    role('sagemaker-service', 'SageMakerServiceRole', 'May make jobs; assumed by who makes them', {
      trustFile: 'sagemaker-service-role-trust-policy.json',
      trustPolicy: trustOf([`${iam}:role/FlytePropellerRole`]),
      policyName: 'SageMakerService',
      policyFile: 'sagemaker-service-policy.json',
      policy: policyJson(control),
    }),
    role('cross-account', crossName, 'Assumed from another account to make jobs in this one', {
      trustFile: 'cross-account-role-trust-policy.json',
      trustPolicy: trustOf([`${iam}:role/FlytePropellerRole`], other?.externalId),
      policyName: 'CrossAccountSageMaker',
      policyFile: 'cross-account-policy.json',
      policy: policyJson(control),
    }),
    role(
      'router',
      'SluiceRouterRole',
      'Chooses where jobs run: prices, sizes of data, and every enabled platform',
      {
        trustFile: 'sluice-router-role-trust-policy.json',
        trustPolicy: trustOf([`${iam}:root`]),
        policyName: 'SluiceRouter',
        policyFile: 'sluice-router-policy.json',
        policy: policyJson(routerStatements(options, control)),
      },
    ),
  ];
}

function executionRole({ needs, account, region }: LeastRolesOptions): string {
  return needs.passed[0] ?? `arn:${partitionOf(region)}:iam::${account}:role/SageMakerExecutionRole`;
}
