import { SluiceError } from '../../../../core/errors.ts';
import type { Description } from '../job-results.ts';
import type { ServiceApi } from '../service-api.ts';

/** By how much this machine's clock and AWS's may differ, milliseconds. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/** Which job is looked for. */
export interface WantedJob {
  readonly application: string;
  /** Of its attempt alone. */
  readonly name: string;
  /** It is not older, milliseconds since 1970. */
  readonly since: number;
}

/** A job that was asked for before: a client token may be forgotten, its name is not. Undefined: there is none. */
export async function findJob(
  api: ServiceApi,
  { application, name, since }: WantedJob,
): Promise<string | undefined> {
  const request = { applicationId: application, createdAtAfter: new Date(since - CLOCKS_DIFFER_MS) };
  let nextToken: unknown;
  do {
    const page = await api.send('ListJobRuns', { ...request, ...(nextToken !== undefined && { nextToken }) });
    const found = ((page['jobRuns'] ?? []) as readonly Description[]).find((each) => each['name'] === name);
    if (found) return String(found['id']);
    nextToken = page['nextToken'];
  } while (nextToken !== undefined);
  return undefined;
}

/** Whether EMR says that there is no such job or application. */
export function isUnknown(error: unknown): boolean {
  return error instanceof SluiceError && error.details['awsError'] === 'ResourceNotFoundException';
}
