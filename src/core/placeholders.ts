/** A setting that is still to be filled in. */
export interface Placeholder {
  /** From the value that was looked at. */
  readonly path: readonly string[];
  readonly value: string;
  /** What stands for the account: `ACCOUNT`. */
  readonly placeholder: string;
}

/** `arn:partition:service:region:account:…`, where the account is neither digits, nor AWS's own, nor left out. */
const ARN = /^arn:[^:]*:[^:]*:[^:]*:(?!\d{12}:|aws:|:)([^:]+):/;

/** The ARNs of settings whose account is no account: `arn:aws:iam::ACCOUNT:role/SageMakerExecutionRole`. */
export function findPlaceholders(value: unknown, path: readonly string[] = []): Placeholder[] {
  if (typeof value === 'string') {
    const placeholder = ARN.exec(value)?.[1];
    return placeholder === undefined ? [] : [{ path, value, placeholder }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => findPlaceholders(member, [...path, key]));
}

/** What to do about one. @param key its place as its file writes it */
export function describePlaceholder(key: string, { value, placeholder }: Omit<Placeholder, 'path'>): string {
  return `${key}: fill in the twelve digits of your AWS account in place of ${placeholder} ('${value}'); aws sts get-caller-identity tells them.`;
}
