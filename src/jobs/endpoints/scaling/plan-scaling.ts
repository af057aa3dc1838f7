/**
 * What target tracking does, and when. Pure.
 *
 * Source: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html, and
 * the alarms that AWS makes for a policy: above the target for 3 minutes it scales out, below nine tenths of it for 15
 * minutes it scales in. Gaps: AWS does not document by how much it scales in; here to what the busiest of the 15 minutes
 * needed.
 */

/** Minutes above the target, and below it, that make an alarm. */
export const MINUTES_TO_SCALE_OUT = 3;
export const MINUTES_TO_SCALE_IN = 15;
/** Below so much of the target it scales in. */
const SCALE_IN_SHARE = 0.9;
/** ScaleOutCooldown and ScaleInCooldown of SageMaker's variants, seconds. */
const DEFAULT_COOLDOWN_SECONDS = 300;

/** One minute of what a policy follows. */
export interface MeasuredMinute {
  /** For each instance; undefined where nothing is known. */
  readonly value: number | undefined;
  /** Of all instances together; undefined where the metric is none that is shared out among them. */
  readonly total?: number | undefined;
}

/** What one policy says of one variant. */
export interface TrackedPolicy {
  readonly name: string;
  readonly target: number;
  /** Both seconds. @default 300 */
  readonly outCooldown?: number | undefined;
  readonly inCooldown?: number | undefined;
  /** @default false */
  readonly disableScaleIn?: boolean | undefined;
  /** The last fifteen whole minutes, oldest first. */
  readonly minutes: readonly MeasuredMinute[];
}

/** A change that was carried out. */
export interface PastChange {
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** In instances. */
  readonly from: number;
}

/** How a variant stands. */
export interface ScalingSituation {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** In instances. */
  readonly current: number;
  readonly min: number;
  readonly max: number;
  readonly suspended: { readonly out: boolean; readonly in: boolean };
  readonly lastOut?: PastChange | undefined;
  readonly lastIn?: PastChange | undefined;
  readonly policies: readonly TrackedPolicy[];
}

/** What to do. */
export interface ScalingPlan {
  /** In instances. */
  readonly to: number;
  /** What made it necessary: a limit, or a policy's alarm. */
  readonly by:
    | { readonly limit: 'minimum' | 'maximum' }
    | { readonly policy: string; readonly alarm: 'AlarmHigh' | 'AlarmLow' };
}

/** The change that a variant needs now. Undefined: none. */
export function planScaling(situation: ScalingSituation): ScalingPlan | undefined {
  const { current, min, max, suspended } = situation;
  if (current < min && !suspended.out) return { to: min, by: { limit: 'minimum' } };
  if (current > max && !suspended.in) return { to: max, by: { limit: 'maximum' } };
  return (suspended.out ? undefined : planOut(situation)) ?? (suspended.in ? undefined : planIn(situation));
}

/** Where several policies want more, the one that wants most. */
function planOut(situation: ScalingSituation): ScalingPlan | undefined {
  const { current, max, policies } = situation;
  const wanted = policies
    .map((policy) => ({ policy: policy.name, to: Math.min(max, neededOut(policy, situation)) }))
    .filter(({ to }) => to > current)
    .toSorted((a, b) => b.to - a.to)[0];
  return wanted && { to: wanted.to, by: { policy: wanted.policy, alarm: 'AlarmHigh' } };
}

function neededOut(policy: TrackedPolicy, { now, current, lastOut }: ScalingSituation): number {
  const last = policy.minutes.slice(-MINUTES_TO_SCALE_OUT);
  const alarm = last.length === MINUTES_TO_SCALE_OUT && last.every(({ value = 0 }) => value > policy.target);
  if (!alarm) return 0;
  // Until the cooldown is over, what was added counts as part of what is needed: it may not have taken effect yet.
  const cooling = isCooling(lastOut, policy.outCooldown, now);
  return needed(policy, last.at(-1) as MeasuredMinute, cooling && lastOut ? lastOut.from : current);
}

/** Only where every policy that may, wants less: then what the one needs that wants most. */
function planIn(situation: ScalingSituation): ScalingPlan | undefined {
  const { current, min, policies } = situation;
  const scaling = policies.filter(({ disableScaleIn }) => !disableScaleIn);
  if (scaling.length === 0) return undefined;
  const wanted = scaling.map((policy) => ({
    policy: policy.name,
    to: Math.max(min, neededIn(policy, situation)),
  }));
  const most = wanted.toSorted((a, b) => b.to - a.to)[0] as (typeof wanted)[number];
  if (most.to >= current) return undefined;
  return { to: most.to, by: { policy: most.policy, alarm: 'AlarmLow' } };
}

function neededIn(policy: TrackedPolicy, { now, current, lastIn }: ScalingSituation): number {
  const { minutes, target } = policy;
  const low = ({ value }: MeasuredMinute) => value !== undefined && value < target * SCALE_IN_SHARE;
  const alarm = minutes.length >= MINUTES_TO_SCALE_IN && minutes.every(low);
  if (!alarm || isCooling(lastIn, policy.inCooldown, now)) return Number.POSITIVE_INFINITY;
  return Math.max(...minutes.map((minute) => needed(policy, minute, current)));
}

/** In instances. */
function needed({ target }: TrackedPolicy, { value = 0, total }: MeasuredMinute, instances: number): number {
  return Math.ceil((total ?? value * instances) / target);
}

function isCooling(last: PastChange | undefined, seconds = DEFAULT_COOLDOWN_SECONDS, now: number): boolean {
  return last !== undefined && now < last.endedAt + seconds * 1000;
}
