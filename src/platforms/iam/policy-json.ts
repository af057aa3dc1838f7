/** A policy as it is written. */
export interface PolicyJson {
  readonly Version: '2012-10-17';
  readonly Statement: readonly StatementJson[];
}

/** A statement as it is written. */
export interface StatementJson {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A policy of these statements. */
export function policyJson(statements: readonly StatementJson[]): PolicyJson {
  return { Version: '2012-10-17', Statement: statements };
}

/** The trust of a service. */
export function trustService(
  service: string,
  actions: string | readonly string[] = 'sts:AssumeRole',
): PolicyJson {
  return policyJson([{ Effect: 'Allow', Principal: { Service: service }, Action: actions }]);
}

/** The trust of roles or accounts, with an external id where there is one. */
export function trustOf(principals: readonly string[], externalId?: string): PolicyJson {
  return policyJson([
    {
      Effect: 'Allow',
      Principal: { AWS: principals.length === 1 ? (principals[0] as string) : principals },
      Action: 'sts:AssumeRole',
      ...(externalId !== undefined && { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
    },
  ]);
}

/** SageMaker's own default bucket. */
export function defaultBucketOf({
  region,
  account,
}: {
  readonly region: string;
  readonly account: string;
}): string {
  return `sagemaker-${region}-${account}`;
}
