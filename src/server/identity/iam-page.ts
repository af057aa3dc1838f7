import { AwsError } from '../wire/aws-error.ts';

/** How a list is asked for. */
export interface PageRequest {
  readonly Marker?: string;
  readonly MaxItems?: number;
}

/** What IAM says of a page beside what is on it. */
export interface PageFacts {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** Of a page that names no number. */
const DEFAULT_MAX_ITEMS = 100;

/** The places of a page among so many. @throws AwsError `InvalidInput` */
export function pageOf(
  total: number,
  { Marker: marker = '0', MaxItems: maxItems = DEFAULT_MAX_ITEMS }: PageRequest,
): { readonly start: number; readonly end: number; readonly facts: PageFacts } {
  if (!/^\d{1,15}$/.test(marker)) throw new AwsError('InvalidInput', `Invalid Marker: ${marker}`);
  const start = Math.min(Number(marker), total);
  const end = Math.min(start + maxItems, total);
  return { start, end, facts: { IsTruncated: end < total, ...(end < total && { Marker: String(end) }) } };
}
