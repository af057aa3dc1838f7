/** The AWS account and region that names and ARNs are made for. */
export interface Account {
  /** Twelve digits. @default '123456789012' */
  readonly accountId: string;
  /** @default 'us-east-1' */
  readonly region: string;
}

/** The account that stands in where none is configured. */
export const DEFAULT_ACCOUNT: Account = { accountId: '123456789012', region: 'us-east-1' };

/** The account from the usual AWS variables: `AWS_ACCOUNT_ID`, `AWS_REGION`, `AWS_DEFAULT_REGION`. */
export function resolveAccount(
  environment: Readonly<Record<string, string | undefined>>,
  configured: Partial<Account> = {},
): Account {
  return {
    accountId: configured.accountId ?? (environment['AWS_ACCOUNT_ID'] || DEFAULT_ACCOUNT.accountId),
    region:
      configured.region ??
      (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || DEFAULT_ACCOUNT.region),
  };
}

/** SageMaker's own default bucket: `sagemaker-<region>-<account>`. */
export function defaultBucket(account: Account): string {
  return `sagemaker-${account.region}-${account.accountId}`;
}
