import { randomUUID } from 'node:crypto';
import { errorMessage } from '../../../core/errors.ts';
import {
  createScalingActivity,
  type Database,
  type EndpointRecord,
  type EndpointVariant,
  listScalableTargets,
  listScalingActivities,
  listScalingPolicies,
  type ScalableTargetRecord,
  type ScalingActivity,
  type ScalingActivityRecord,
  type ScalingPolicyRecord,
  updateScalingActivity,
} from '../../../state/index.ts';
import { measure } from './measure.ts';
import { type PastChange, planScaling, type ScalingPlan, type TrackedPolicy } from './plan-scaling.ts';
import { parseScalingResource } from './scaling-resource.ts';

/** How often it is looked whether something is to be scaled, milliseconds. */
const INTERVAL_MS = 60_000;
/** How many past activities are looked at for cooldowns. */
const ACTIVITIES = 20;

/** What an autoscaler works with. */
export interface AutoscalerOptions {
  readonly state: Database;
  readonly clock: () => Date;
  /** Writes the invocations that were counted. */
  readonly flush: () => Promise<void>;
  /** The endpoint, where this process serves it. */
  readonly served: (name: string) => EndpointRecord | undefined;
  /** Changes the number of a variant's instances; resolves once that has come to its end. @throws SluiceError */
  readonly setInstances: (endpoint: string, variant: string, count: number) => Promise<void>;
}

/** A variant that is looked at. */
interface ScaledVariant {
  readonly target: ScalableTargetRecord;
  readonly record: EndpointRecord;
  readonly variant: EndpointVariant;
}

/** Follows the scaling policies of the endpoints that this process serves. */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** Looks every minute from now on. */
  start(): void {
    if (this.#closed || this.#timer) return;
    this.#timer = setInterval(() => void this.look(), INTERVAL_MS).unref();
  }

  /** Looks now, once what is under way is done. Resolves when what had to be changed has been. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookOnce()).catch(warn);
    return this.#looking;
  }

  /** Ends the looking. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    if (this.#closed) return;
    const targets = await listScalableTargets(this.#options.state);
    if (targets.length === 0) return;
    await this.#options.flush();
    // Variants of one endpoint one after the other: each change is a change of their endpoint.
    const groups = Map.groupBy(targets, ({ resource }) => parseScalingResource(resource)?.endpoint);
    await Promise.all(
      [...groups.values()].map(async (each) => {
        for (const target of each) await this.#scale(target).catch(warn);
      }),
    );
  }

  async #scale(target: ScalableTargetRecord): Promise<void> {
    const scaled = this.#find(target);
    if (!scaled || this.#closed) return;
    const { state } = this.#options;
    const policies = await listScalingPolicies(state, target.resource);
    const activities = await listScalingActivities(state, { resource: target.resource, limit: ACTIVITIES });
    for (const activity of activities.filter(({ status }) => status === 'InProgress'))
      await this.#end(activity, 'Failed', 'The server ended before the change was carried out.');
    const plan = await this.#plan(scaled, policies, activities);
    if (plan) await this.#carryOut(scaled, policies, plan);
  }

  /** Undefined where another process serves the endpoint, or it is being changed. */
  #find(target: ScalableTargetRecord): ScaledVariant | undefined {
    const resource = parseScalingResource(target.resource);
    const record = resource && this.#options.served(resource.endpoint);
    if (record?.status !== 'InService') return undefined;
    const variant = record.progress.current?.variants.find(({ name }) => name === resource?.variant);
    return variant && { target, record, variant };
  }

  async #plan(
    { target, record, variant }: ScaledVariant,
    policies: readonly ScalingPolicyRecord[],
    activities: readonly ScalingActivityRecord[],
  ): Promise<ScalingPlan | undefined> {
    const now = this.#options.clock().getTime();
    const servesSince = record.progress.current?.startedAt ?? now;
    const measured = { endpoint: record.name, variant: variant.name, servesSince };
    const tracked = policies.map(
      async ({ name, request }): Promise<TrackedPolicy> => ({
        name,
        target: request.TargetValue ?? 0,
        outCooldown: request.ScaleOutCooldown,
        inCooldown: request.ScaleInCooldown,
        disableScaleIn: request.DisableScaleIn,
        minutes: await measure(this.#options.state, request, measured, now),
      }),
    );
    return planScaling({
      now,
      current: variant.instances.length,
      min: target.settings.minCapacity,
      max: target.settings.maxCapacity,
      suspended: target.settings.suspended,
      lastOut: lastChange(activities, ({ from, to }) => to > from),
      lastIn: lastChange(activities, ({ from, to }) => to < from),
      policies: await Promise.all(tracked),
    });
  }

  async #carryOut(
    { target, record, variant }: ScaledVariant,
    policies: readonly ScalingPolicyRecord[],
    { to, by }: ScalingPlan,
  ): Promise<void> {
    const { state, clock, setInstances } = this.#options;
    const activity: ScalingActivity = {
      activityId: randomUUID(),
      description: `Setting desired instance count to ${to}.`,
      cause: causeOf(by, to, target, policies),
      from: variant.instances.length,
      to,
      status: 'InProgress',
      message: `Successfully set desired instance count to ${to}. Waiting for change to be fulfilled by sagemaker.`,
    };
    const id = await createScalingActivity(state, target.resource, clock().getTime(), activity);
    try {
      await setInstances(record.name, variant.name, to);
      const message = `Successfully set desired instance count to ${to}. Change successfully fulfilled by sagemaker.`;
      await this.#end({ ...activity, id }, 'Successful', message);
    } catch (error) {
      const message = `Failed to set desired instance count to ${to}. Reason: ${errorMessage(error)}`;
      await this.#end({ ...activity, id }, 'Failed', message);
    }
  }

  async #end(
    activity: ScalingActivity & { readonly id: number },
    status: 'Successful' | 'Failed',
    message: string,
  ): Promise<void> {
    const { id, activityId, description, cause, from, to } = activity;
    const endedAt = this.#options.clock().getTime();
    const ended = { activityId, description, cause, from, to, status, message, endedAt };
    await updateScalingActivity(this.#options.state, id, ended);
  }
}

function lastChange(
  activities: readonly ScalingActivityRecord[],
  fits: (activity: ScalingActivityRecord) => boolean,
): PastChange | undefined {
  const last = activities.find((each) => each.status === 'Successful' && fits(each));
  return last && { endedAt: last.endedAt ?? last.startedAt, from: last.from };
}

/** In AWS's words. */
function causeOf(
  by: ScalingPlan['by'],
  to: number,
  { resource }: ScalableTargetRecord,
  policies: readonly ScalingPolicyRecord[],
): string {
  if ('limit' in by) return `${by.limit} capacity was set to ${to}`;
  const policy = policies.find(({ name }) => name === by.policy);
  const id = policy?.arn.match(/scalingPolicy:([0-9a-f-]+):/)?.[1] ?? '';
  return `monitor alarm TargetTracking-${resource}-${by.alarm}-${id} in state ALARM triggered policy ${by.policy}`;
}

function warn(error: unknown): void {
  process.emitWarning(`Endpoints cannot be scaled: ${errorMessage(error)}`);
}
