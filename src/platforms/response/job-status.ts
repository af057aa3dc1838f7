import { billedInstanceSeconds } from '../../contract/billing.ts';
import type { Json } from '../../graph/index.ts';
import type { JobStatus } from '../platform.ts';
import { faultOf, isCapacityFailure } from './fault-of.ts';
import { phaseOf, type StatusWords } from './phase-of.ts';

/** What a platform knows of a job beyond what Describe says. */
export interface KnownOfJob {
  /** Describe has it of training jobs alone. */
  readonly secondaryStatus?: string | undefined;
  /** What the job does now. */
  readonly message?: string | undefined;
  /** By output name: those that Describe does not name. */
  readonly outputs?: Readonly<Record<string, Json>> | undefined;
}

/** What the three Describe answers have in common, by one name each. */
export interface JobFacts extends StatusWords {
  readonly failureReason?: string | undefined;
  readonly message?: string | undefined;
  readonly createdAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
  readonly instanceCount: number;
  /** Of one instance, as SageMaker says it. @default from the start to the end */
  readonly billableSeconds?: number | undefined;
  /** What there is of outputs, once the job has ended as Completed or Stopped. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** Where it saves what it does not give as an output: its checkpoints. */
  readonly checkpoint?: string | undefined;
}

const TIME_OVER: Readonly<Record<string, { readonly message: string; readonly fault: 'user' | 'system' }>> = {
  MaxRuntimeExceeded: {
    message: 'MaxRuntimeExceeded: the job ran longer than its MaxRuntimeInSeconds and was stopped.',
    fault: 'user',
  },
  // Spot instances did not come in time.
  MaxWaitTimeExceeded: {
    message: 'MaxWaitTimeExceeded: the job waited longer than its MaxWaitTimeInSeconds and was stopped.',
    fault: 'system',
  },
};

/** A job's status in the shape that all platforms share. Pure. */
export function jobStatus(facts: JobFacts): JobStatus {
  const { status, secondaryStatus, startedAt, endedAt, failureReason } = facts;
  const phase = phaseOf(facts);
  const timeOver = status === 'Stopped' ? TIME_OVER[secondaryStatus ?? ''] : undefined;
  const message = timeOver?.message ?? failureReason ?? facts.message;
  return {
    phase,
    status,
    ...(secondaryStatus !== undefined && { secondaryStatus }),
    ...(message !== undefined && { message }),
    ...(phase === 'failed' && { fault: timeOver?.fault ?? faultOf(failureReason ?? '') }),
    ...(phase === 'failed' && displacement(facts)),
    outputs: status === 'Completed' || status === 'Stopped' ? facts.outputs : {},
    ...((phase === 'failed' || phase === 'aborted') && savedOf(facts)),
    metrics: facts.metrics ?? {},
    createdAt: facts.createdAt ?? startedAt ?? new Date(0),
    ...(startedAt && { startedAt }),
    ...(endedAt && { endedAt }),
    ...billable(facts),
  };
}

/** Spot machines that do not come in time are as good as taken away. */
function displacement({
  status,
  secondaryStatus,
  failureReason = '',
}: JobFacts): Pick<JobStatus, 'displaced'> {
  if (status === 'Stopped' && secondaryStatus === 'MaxWaitTimeExceeded') return { displaced: 'interruption' };
  return isCapacityFailure(failureReason) ? { displaced: 'capacity' } : {};
}

/** Where it lies what a job has saved that did not succeed. */
function savedOf({ outputs, checkpoint }: JobFacts): Pick<JobStatus, 'saved'> {
  const places = Object.entries({ ...(checkpoint !== undefined && { checkpoint }), ...outputs });
  const saved = places.filter((entry): entry is [string, string] => isPlace(entry[1]));
  return saved.length > 0 ? { saved: Object.fromEntries(saved) } : {};
}

function isPlace(value: Json): value is string {
  return typeof value === 'string' && /^(s3|file):\/\//.test(value);
}

function billable({ startedAt, endedAt, billableSeconds, instanceCount }: JobFacts): {
  billableSeconds?: number;
} {
  if (billableSeconds !== undefined) return { billableSeconds: billableSeconds * instanceCount };
  if (!startedAt || !endedAt) return {};
  return { billableSeconds: billedInstanceSeconds(startedAt, endedAt, instanceCount) };
}
