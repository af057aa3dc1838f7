import { type Database, type MetricPoint, metricPoint, putMetrics } from '../../state/index.ts';

/** What one invocation came to. */
export interface InvocationFacts {
  readonly endpoint: string;
  readonly variant: string;
  /** How many instances the variant had. */
  readonly instances: number;
  /** What the model answered; undefined where it gave no answer. */
  readonly modelStatus: number | undefined;
  /** Of the model, from its request to the end of its answer; of the rest. Milliseconds. */
  readonly modelMs: number;
  readonly overheadMs: number;
}

const MINUTE_MS = 60_000;
/** Of the metrics of endpoints. */
export const ENDPOINT_NAMESPACE = 'AWS/SageMaker';

type Counts = Map<number, number>;

/** The invocations of one variant since they were last written. */
interface VariantCounts {
  readonly endpoint: string;
  readonly variant: string;
  readonly minute: number;
  invocations: number;
  clientErrors: number;
  serverErrors: number;
  failures: number;
  readonly modelMicroseconds: Counts;
  readonly overheadMicroseconds: Counts;
  /** Invocations by the part of one that each instance has of it. */
  readonly perInstance: Counts;
}

/**
 * Counts the invocations of endpoints, and keeps them by the minute as SageMaker's metrics.
 *
 * By design: latencies are kept to three digits, so that a minute of many invocations is a few hundred numbers.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 */
export class EndpointMetrics {
  readonly #state: Database;
  readonly #clock: () => Date;
  readonly #counts = new Map<string, VariantCounts>();
  #timer: NodeJS.Timeout | undefined;

  constructor(state: Database, clock: () => Date) {
    this.#state = state;
    this.#clock = clock;
  }

  /** Counts an invocation that is over. */
  count(facts: InvocationFacts): void {
    const { endpoint, variant, instances, modelStatus = 0, modelMs, overheadMs } = facts;
    const minute = Math.floor(this.#clock().getTime() / MINUTE_MS) * MINUTE_MS;
    const counts = this.#countsOf(endpoint, variant, minute);
    counts.invocations++;
    if (modelStatus >= 400 && modelStatus < 500) counts.clientErrors++;
    if (modelStatus >= 500) counts.serverErrors++;
    if (modelStatus < 200 || modelStatus >= 300) counts.failures++;
    add(counts.modelMicroseconds, microseconds(modelMs));
    add(counts.overheadMicroseconds, microseconds(overheadMs));
    add(counts.perInstance, 1 / Math.max(1, instances));
    this.#timer ??= setTimeout(() => void this.flush(), MINUTE_MS).unref();
  }

  /** Writes what was counted. Never rejects: what cannot be written is lost. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#counts.values()];
    this.#counts.clear();
    await putMetrics(this.#state, all.flatMap(metricsOf)).catch(() => undefined);
  }

  #countsOf(endpoint: string, variant: string, minute: number): VariantCounts {
    const id = `${minute}/${endpoint}/${variant}`;
    const known = this.#counts.get(id);
    if (known) return known;
    const made: VariantCounts = {
      endpoint,
      variant,
      minute,
      invocations: 0,
      clientErrors: 0,
      serverErrors: 0,
      failures: 0,
      modelMicroseconds: new Map(),
      overheadMicroseconds: new Map(),
      perInstance: new Map(),
    };
    this.#counts.set(id, made);
    return made;
  }
}

function add(counts: Counts, value: number): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

function microseconds(ms: number): number {
  return Number((Math.max(0, ms) * 1000).toPrecision(3));
}

function metricsOf(counts: VariantCounts) {
  const { endpoint, variant, minute, invocations } = counts;
  const dimensions = { EndpointName: endpoint, VariantName: variant };
  const metric = (name: string, unit: string, points: readonly MetricPoint[]) => ({
    namespace: ENDPOINT_NAMESPACE,
    name,
    dimensions,
    unit,
    points,
  });
  /** 1 for each invocation of which it is true, 0 for the others. */
  const share = (yes: number): MetricPoint[] =>
    [metricPoint(minute, 1, yes), metricPoint(minute, 0, invocations - yes)].filter(({ count }) => count > 0);
  const occurred = (of: Counts): MetricPoint[] =>
    [...of].map(([value, count]) => metricPoint(minute, value, count));
  return [
    metric('Invocations', 'None', share(invocations)),
    metric('InvocationsPerInstance', 'None', occurred(counts.perInstance)),
    metric('Invocation4XXErrors', 'None', share(counts.clientErrors)),
    metric('Invocation5XXErrors', 'None', share(counts.serverErrors)),
    metric('InvocationModelErrors', 'None', share(counts.failures)),
    metric('ModelLatency', 'Microseconds', occurred(counts.modelMicroseconds)),
    metric('OverheadLatency', 'Microseconds', occurred(counts.overheadMicroseconds)),
  ];
}
