import { SluiceError } from '../core/errors.ts';
import type { JobTask, WorkflowGraph } from '../graph/index.ts';
import { type Place, type RunPlan, usdText } from '../platforms/router/index.ts';
import { type Allowance, type NodeState, placeOf } from './node-state.ts';
import { taskAt } from './routes.ts';

/** What an hour of one instance is billed for a task at its place, US dollars; 0: nothing; undefined: unknown. */
export type PriceOf = (task: JobTask, place: Place) => number | undefined;

/** What runs may spend. */
export interface Caps {
  /** US dollars. @default no cap */
  readonly usdPerRun?: number | undefined;
  /** All attempts of one step together, US dollars. @default no cap */
  readonly usdPerJob?: number | undefined;
  /** Reads the prices that are known now. */
  readonly prices: () => Promise<PriceOf>;
}

/** Sums of this size come of rounding, US dollars. */
const NOTHING_USD = 1e-5;

/** US dollars that a node has spent, those that run hold, and those that a node waits to spend. */
interface Account {
  readonly spent: number;
  readonly held: number;
  readonly waiting: number;
}

const EMPTY: Account = { spent: 0, held: 0, waiting: 0 };

/**
 * Keeps a run within its caps while it is carried out: what it has spent counts, and what is under way, before each attempt;
 * and each attempt may take no longer than its share of what is left pays for. What is left beyond the estimates is shared
 * among the steps that are still to come.
 */
export class RunBudget {
  readonly #caps: Pick<Caps, 'usdPerRun' | 'usdPerJob'>;
  readonly #priceOf: PriceOf;
  readonly #accounts = new Map<number, Account>();
  #total = EMPTY;
  #billedWaiting = 0;

  constructor(nodes: readonly NodeState[], caps: Pick<Caps, 'usdPerRun' | 'usdPerJob'>, priceOf: PriceOf) {
    this.#caps = caps;
    this.#priceOf = priceOf;
    for (const state of nodes)
      this.#put(state, { held: 0, waiting: state.phase === 'Succeeded' ? 0 : this.#estimate(state) });
  }

  /** Takes an attempt that begins into account. */
  begin(state: NodeState): Allowance {
    const { waiting } = this.#accounts.get(state.position) ?? EMPTY;
    this.#put(state, { held: 0, waiting: 0 });
    const estimate = Math.max(this.#estimate(state), waiting);
    const rate = this.#rate(state);
    if (rate === 0) return {};
    const most = this.#mostUsd(state, estimate);
    const refused = most.usd < estimate - NOTHING_USD ? this.#refusal(state, estimate, most.cap) : undefined;
    if (refused) return { refused };
    const limit = secondsFor(state, most.usd, rate);
    this.#put(state, { held: Math.min(most.usd, limit.usd), waiting: 0 });
    return limit.mostSeconds === undefined ? {} : { mostSeconds: limit.mostSeconds };
  }

  /** Takes in what an attempt has cost that has ended. */
  end(state: NodeState): void {
    const again = state.phase === 'RetryableFailure';
    this.#put(state, { held: 0, waiting: again ? this.#estimate(state) : 0 });
  }

  /** What is left for an attempt by the cap that leaves less. */
  #mostUsd(state: NodeState, estimate: number): { usd: number; cap: string } {
    const { usdPerRun = Number.POSITIVE_INFINITY, usdPerJob = Number.POSITIVE_INFINITY } = this.#caps;
    const { maxCostInUSD = Number.POSITIVE_INFINITY } = state.task as JobTask;
    const { spent, held, waiting } = this.#total;
    const slack = usdPerRun - spent - held - waiting - estimate;
    const ofRun = estimate + (slack < 0 ? slack : slack / (this.#billedWaiting + 1));
    const own = this.#accounts.get(state.position)?.spent ?? 0;
    const ways = [
      { usd: ofRun, cap: `router.maxCostInUSDPerRun, ${usdText(usdPerRun)}` },
      { usd: usdPerJob - own, cap: `router.maxCostInUSDPerJob, ${usdText(usdPerJob)}` },
      { usd: maxCostInUSD - own, cap: `maxCostInUSD, ${usdText(maxCostInUSD)}` },
    ];
    return ways.reduce((least, each) => (each.usd < least.usd ? each : least));
  }

  #refusal({ node, spent }: NodeState, estimate: number, cap: string): SluiceError {
    const again = spent.length > 0 ? ' again' : '';
    const { spent: soFar, held, waiting } = this.#total;
    const parts = [
      `${usdText(soFar)} is spent`,
      ...(held > NOTHING_USD ? [`${usdText(held)} is held for what runs`] : []),
      `this would cost about ${usdText(estimate)}`,
      ...(waiting > NOTHING_USD ? [`what comes after it about ${usdText(waiting)}`] : []),
    ];
    return new SluiceError(
      'CostNotApproved',
      `Step '${node.id}' was not started${again}: the run would cost more than it may (${cap}): ${parts.join(', ')}.`,
      { hint: 'Raise the cap in the configuration; then carry the run on.' },
    );
  }

  #put(state: NodeState, { held, waiting }: Pick<Account, 'held' | 'waiting'>): void {
    const before = this.#accounts.get(state.position) ?? EMPTY;
    const account = { spent: this.#spent(state), held, waiting };
    this.#billedWaiting += Number(waiting > 0) - Number(before.waiting > 0);
    this.#total = {
      spent: this.#total.spent + account.spent - before.spent,
      held: this.#total.held + account.held - before.held,
      waiting: this.#total.waiting + account.waiting - before.waiting,
    };
    this.#accounts.set(state.position, account);
  }

  #estimate(state: NodeState): number {
    const place = placeOf(state);
    return place && this.#rate(state) !== 0 ? (place.usd ?? 0) : 0;
  }

  /** What its attempts have cost that have ended, as far as prices are known. */
  #spent(state: NodeState): number {
    const { spent, detail, placeAt } = state;
    const all = detail?.billableSeconds === undefined ? spent : [...spent, { place: placeAt, ...detail }];
    return all.reduce(
      (sum, { place = 0, billableSeconds = 0 }) => sum + (this.#rate(state, place) * billableSeconds) / 3600,
      0,
    );
  }

  /** US dollars an hour; 0 where nothing is billed, or nobody knows how much. */
  #rate({ task, places, placeAt }: NodeState, at = placeAt): number {
    const place = places?.[at];
    if (!place || task.type === 'function') return 0;
    return this.#priceOf(taskAt(task, place), place) ?? 0;
  }
}

/** What places cost, where a planned run has a cap, or a step of it. */
export async function pricesOf(
  plan: RunPlan | undefined,
  { tasks }: WorkflowGraph,
  caps: Caps | undefined,
): Promise<PriceOf | undefined> {
  if (!plan || !caps) return undefined;
  const { usdPerRun, usdPerJob } = caps;
  const isCapped = Object.values(tasks).some(
    (task) => task.type !== 'function' && task.maxCostInUSD !== undefined,
  );
  if (usdPerRun === undefined && usdPerJob === undefined && !isCapped) return undefined;
  return caps.prices();
}

/** How long an attempt may take for a sum, and what that costs; endpoints serve until they are deleted. */
function secondsFor(state: NodeState, usd: number, rate: number): { mostSeconds?: number; usd: number } {
  const task = state.task as JobTask;
  const place = placeOf(state) as Place;
  // Where it may get another type, the dearest counts.
  const dearer = place.usd && place.mostUsd ? Math.max(place.mostUsd / place.usd, 1) : 1;
  const perSecond = (rate * dearer * Math.max(place.instanceCount ?? task.instanceCount, 1)) / 3600;
  const seconds = Math.max(1, Math.floor(usd / perSecond));
  if (task.type === 'endpoint') return { usd };
  if (seconds >= task.maxRuntimeInSeconds) return { usd: perSecond * task.maxRuntimeInSeconds };
  return { mostSeconds: seconds, usd };
}
