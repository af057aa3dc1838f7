import type { Json } from '../../../../graph/index.ts';
import type { TaskLog, TaskPhase } from '../../messages.ts';
import type { TaskState } from '../../task-type.ts';
import type { Description } from '../job-results.ts';
import type { ServiceApi } from '../service-api.ts';

const PHASES: Readonly<Record<string, TaskPhase>> = {
  SUBMITTED: 'QUEUED',
  QUEUED: 'QUEUED',
  PENDING: 'QUEUED',
  SCHEDULED: 'INITIALIZING',
  RUNNING: 'RUNNING',
  CANCELLING: 'RUNNING',
  SUCCESS: 'SUCCEEDED',
  FAILED: 'RETRYABLE_FAILED',
  // Somebody's will.
  CANCELLED: 'FAILED',
};

/** How a job run stands. EMR's own attempts are one of Flyte's, which goes on running. Pure. */
export function jobStateOf(run: Description): Required<Pick<TaskState, 'phase' | 'message' | 'info'>> {
  const state = String(run['state'] ?? '');
  const details = String(run['stateDetails'] ?? '');
  const phase = PHASES[state] ?? 'RUNNING';
  const attempt = Number(run['attempt'] ?? 1);
  const isAgain = attempt > 1 && (phase === 'QUEUED' || phase === 'INITIALIZING');
  return {
    phase: isAgain ? 'RUNNING' : phase,
    message: details === '' ? state : `${state}: ${details}`,
    info: {
      job: String(run['jobRunId'] ?? ''),
      status: state,
      ...(details !== '' && { message: details }),
      ...(attempt > 1 && { attempt }),
    } satisfies Record<string, Json>,
  };
}

/** Where AWS's console shows a job run; elsewhere there is nothing to be shown. Pure. */
export function linksOf(
  { aws, region }: Pick<ServiceApi, 'aws' | 'region'>,
  application: string,
  job: string,
  run: Description,
): TaskLog[] {
  if (!aws.isAws) return [];
  const console = `https://${region}.console.aws.amazon.com/emr/home?region=${region}`;
  const uri = `${console}#/serverless/${application}/jobs/${job}`;
  return [{ name: `EMR Serverless: ${String(run['state'] ?? '')}`, uri }];
}
