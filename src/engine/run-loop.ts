import { setMaxListeners } from 'node:events';
import type { SluiceError } from '../core/errors.ts';
import { isPassing } from '../core/is-passing.ts';
import { readTopology, type Topology } from '../graph/index.ts';
import { isLeaseLost, leaseLost, type RunEnd, type RunFailure } from '../state/index.ts';
import { afterFailure } from './after-failure.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { Broadcast } from './broadcast.ts';
import { failureOf } from './failures.ts';
import { sharedLimit } from './lanes.ts';
import { NodeSchedule } from './node-schedule.ts';
import { beginAttempt, type NodeState, nodeResult, nodeStates } from './node-state.ts';
import type { Sharing } from './ready-queue.ts';
import { goesOn } from './retry.ts';
import { type AttemptContext, runAttempt } from './run-attempt.ts';
import { RunBudget } from './run-budget.ts';
import { RunCommits } from './run-commits.ts';
import { runEnd, scopeOf } from './run-end.ts';
import type { RunEvent, RunResult } from './run-handle.ts';
import type { RunLoopOptions } from './run-loop-options.ts';
import { Turns } from './turns.ts';

/**
 * Carries out one run. Each turn takes in what has ended, picks what can start, commits both in one transaction,
 * and only then acts on it.
 */
export class RunLoop {
  readonly events = new Broadcast<RunEvent>();
  readonly #options: RunLoopOptions;
  readonly #nodes: NodeState[];
  readonly #topology: Topology;
  readonly #schedule: NodeSchedule;
  readonly #stop = new AbortController();
  readonly #attempts: AttemptContext;
  #ended: { readonly state: NodeState; readonly outcome: AttemptOutcome }[] = [];
  readonly #commits: RunCommits;
  readonly #budget: RunBudget | undefined;
  readonly #turns = new Turns();
  #failure: RunFailure | undefined;
  #cancelled = false;
  #detached = false;
  #lost: SluiceError | undefined;

  constructor(options: RunLoopOptions) {
    this.#options = options;
    this.#nodes = nodeStates(options.graph, options.recorded, options.routes);
    const { caps = {} } = options.context;
    this.#budget = options.prices && new RunBudget(this.#nodes, caps, options.prices);
    this.#commits = new RunCommits({
      ...options,
      state: options.context.state,
      nodes: this.#nodes,
      events: this.events,
    });
    this.#topology = readTopology(options.graph.nodes);
    this.#schedule = new NodeSchedule({
      nodes: this.#nodes,
      topology: this.#topology,
      limits: options.concurrency,
      sharing: this.#sharing(),
      signal: this.#stop.signal,
      wake: () => this.#turns.notify(),
    });
    // Every running node may listen.
    setMaxListeners(0, this.#stop.signal);
    this.#attempts = {
      engine: options.context,
      run: options.id,
      remote: options.remote,
      functions: options.functions,
      scope: scopeOf(options.inputs, this.#nodes, this.#topology),
      platformAt: (node) => this.#nodes[this.#topology.positions.get(node) ?? -1]?.job?.platform,
      signal: this.#stop.signal,
      onSubmitted: (state, handle) => this.#commits.keepHandle(state, handle, () => this.#turns.notify()),
      onStatus: ({ node }, status) => {
        this.events.send({ type: 'job', time: options.context.clock(), node: node.id, status });
      },
    };
  }

  /** Carries the run out to its end. Never rejects. */
  async run(): Promise<RunResult> {
    const result = await this.#carryOut().catch((error: unknown) => this.#breakDown(error));
    this.#schedule.leave();
    this.events.end();
    return result;
  }

  /** Stops what runs; the run will end as Aborted. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#stopAll();
  }

  /** Lets go of the run as it is: it stays Running, its jobs go on, and nothing of it is written any more. */
  detach(): void {
    this.#detached = true;
    this.#turns.notify();
  }

  /** The run is another worker's by now: leaves what runs to it, and ends without a word in the state. */
  lose(): void {
    this.#abandon(leaseLost(`Run '${this.#options.id}'`));
  }

  nodes(): ReturnType<typeof nodeResult>[] {
    return this.#nodes.map(nodeResult);
  }

  async #carryOut(): Promise<RunResult> {
    this.events.send({ type: 'run', phase: 'Running', time: this.#now() });
    this.#schedule.begin();
    this.#turns.begin();
    while (!this.#detached && !this.#lost && (await this.#turn()));
    if (this.#lost) throw this.#lost;
    return this.#detached ? this.#result({ phase: 'Running' }) : this.#finish();
  }

  /** False once nothing is left to do. */
  async #turn(): Promise<boolean> {
    this.#turns.next();
    this.#takeEnded();
    const starting = this.#schedule.take();
    const time = this.#now();
    for (const state of starting) this.#begin(state, time.getTime());
    if (this.#commits.pending)
      await this.#commits.commit(time).catch((error: unknown) => this.#leave(starting, error));
    for (const state of starting) void this.#attempt(state);
    if (this.#ended.length > 0 || starting.length > 0) await this.#turns.yieldSometimes();
    else if (this.#schedule.goesOn) await this.#turns.untilNotified();
    else return false;
    return true;
  }

  #sharing(): Sharing | undefined {
    const { places, reserved, context } = this.#options;
    if (!places) return undefined;
    const limitOf = (lane: string): number => sharedLimit(lane, context.platforms);
    return { places, limitOf, reserved, wake: () => this.#turns.notify() };
  }

  #takeEnded(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const { state, outcome } of ended) {
      this.#schedule.ended(state);
      this.#apply(state, outcome);
    }
  }

  #apply(state: NodeState, outcome: AttemptOutcome): void {
    state.endedAt = this.#now().getTime();
    state.detail = outcome.detail;
    if (outcome.kind === 'succeeded') {
      state.outputs = outcome.outputs;
      this.#enter(state, 'Succeeded');
      this.#budget?.end(state);
      this.#schedule.succeeded(state);
    } else if (outcome.kind === 'aborted') {
      this.#enter(state, 'Aborted');
      this.#budget?.end(state);
    } else {
      this.#applyFailure(state, outcome);
    }
  }

  #applyFailure(state: NodeState, outcome: Extract<AttemptOutcome, { kind: 'failed' }>): void {
    const { phase, againMs } = afterFailure(state, outcome, this.#stop.signal.aborted);
    this.#enter(state, phase);
    this.#budget?.end(state);
    if (againMs !== undefined) return this.#schedule.again(state, againMs);
    this.#failure ??= { ...(state.error ?? outcome.error), node: state.node.id };
    if (this.#options.failurePolicy === 'FAIL_IMMEDIATELY') this.#stopAll();
  }

  #begin(state: NodeState, time: number): void {
    const isAgain = goesOn(state);
    beginAttempt(state, isAgain, time);
    const allowance = this.#budget?.begin(state);
    // What was begun before goes on as it was.
    if (!isAgain) state.allowance = allowance;
    this.#schedule.started(state);
    this.#enter(state, 'Running');
  }

  /** What could not be kept as Running does not run: nothing waits for its end. */
  #leave(starting: readonly NodeState[], error: unknown): never {
    for (const state of starting) this.#schedule.left(state);
    throw error;
  }

  async #attempt(state: NodeState): Promise<void> {
    const outcome = await runAttempt(this.#attempts, state);
    this.#ended.push({ state, outcome });
    this.#turns.notify();
  }

  #enter(state: NodeState, phase: NodeState['phase']): void {
    state.phase = phase;
    this.#commits.add(state);
  }

  #stopAll(): void {
    this.#stop.abort();
    this.#turns.notify();
  }

  async #finish(): Promise<RunResult> {
    const { id, graph } = this.#options;
    const end = runEnd({
      id,
      graph,
      nodes: this.#nodes,
      scope: this.#attempts.scope,
      failure: this.#failure,
    });
    const time = this.#now();
    await this.#commits.commit(time, end);
    this.events.send({ type: 'run', phase: end.phase, time, ...(end.error && { error: end.error }) });
    return this.#result(end);
  }

  #abandon(cause: SluiceError): void {
    this.#lost ??= cause;
    this.#stop.abort(this.#lost);
    this.#turns.notify();
  }

  /**
   * The state cannot be written, or there is a defect: stops what runs, and tells the error all the same. Jobs of a run
   * that was lost, or that is left, are left to whoever carries it on.
   */
  async #breakDown(cause: unknown): Promise<RunResult> {
    const isLeft = this.#options.leavesWhenUnwritable && isPassing(cause);
    if (isLeft || isLeaseLost(cause)) this.#abandon(cause as SluiceError);
    else this.#stopAll();
    this.#commits.giveUp();
    while (this.#schedule.running > this.#ended.length) {
      this.#turns.next();
      await this.#turns.untilNotified();
    }
    const end: RunEnd = { phase: 'Failed', error: failureOf(cause) };
    this.#commits.clear();
    if (isLeft) return this.#result({ ...end, phase: 'Running' });
    // Best effort: what broke may break this, too. Then the run is found as one whose process has died.
    if (!this.#lost) await this.#commits.commit(this.#now(), end).catch(() => undefined);
    this.events.send({
      type: 'run',
      phase: 'Failed',
      time: this.#now(),
      ...(end.error && { error: end.error }),
    });
    return this.#result(end);
  }

  #result({ phase, outputs, error }: Omit<RunEnd, 'phase'> & Pick<RunResult, 'phase'>): RunResult {
    const { id, graph } = this.#options;
    return {
      id,
      workflow: graph.name,
      phase,
      outputs: outputs ?? {},
      nodes: this.nodes(),
      ...(error && { error }),
    };
  }

  #now(): Date {
    return this.#options.context.clock();
  }
}
