/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  /** `missing`: Sluice works without it; `failed`: it does not. */
  readonly status: 'ok' | 'missing' | 'failed';
  readonly value: string;
  /** How to get what is missing. */
  readonly hint?: string;
}
