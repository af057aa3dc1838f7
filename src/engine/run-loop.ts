import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SluiceError } from '../core/errors.ts';
import { isPassing } from '../core/is-passing.ts';
import {
  type FailurePolicy,
  type Json,
  readTopology,
  resolveBindings,
  type Scope,
  type Topology,
  type WorkflowGraph,
} from '../graph/index.ts';
import {
  isLeaseLost,
  type Lease,
  leaseLost,
  type NodeRecord,
  type RunEnd,
  type RunFailure,
} from '../state/index.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { Broadcast } from './broadcast.ts';
import type { NodeLimits } from './concurrency.ts';
import type { EngineContext } from './engine-options.ts';
import { failureOf } from './failures.ts';
import { sharedLimit } from './lanes.ts';
import { moveOn, type NodeState, nodeResult, nodeStates, noteSpent } from './node-state.ts';
import { ReadyQueue, type Sharing } from './ready-queue.ts';
import { goesOn, spendRetry } from './retry.ts';
import type { Routes } from './routes.ts';
import { type AttemptContext, runAttempt } from './run-attempt.ts';
import { RunCommits } from './run-commits.ts';
import type { TaskFunction } from './run-function.ts';
import type { RunEvent, RunResult } from './run-handle.ts';
import type { SharedPlaces } from './shared-places.ts';
import { Turns } from './turns.ts';

/** The wait before a system failure is tried again doubles from here, milliseconds. */
const SYSTEM_BACKOFF_MS = 500;

/** All that carrying out a run needs. */
export interface RunLoopOptions {
  readonly context: EngineContext;
  readonly id: string;
  /** By what the run is held: every commit carries it. */
  readonly lease: Lease;
  readonly graph: WorkflowGraph;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  readonly concurrency: NodeLimits;
  readonly failurePolicy: FailurePolicy;
  /** It came from elsewhere: no job gets data of this machine's files. */
  readonly remote: boolean;
  /** Where its state cannot be written for now it is left as it is: whoever has begun it carries it on later. */
  readonly leavesWhenUnwritable: boolean;
  /** Places that it shares with other runs of this process. */
  readonly places: SharedPlaces | undefined;
  /** The lane of one of these places that it has got already. */
  readonly reserved?: string | undefined;
  /** Where its jobs go. */
  readonly routes: Routes;
  /** What an earlier process has come to. */
  readonly recorded: readonly NodeRecord[];
}

/**
 * Carries out one run. Each turn takes in what has ended, picks what can start, commits both in one transaction,
 * and only then acts on it.
 */
export class RunLoop {
  readonly events = new Broadcast<RunEvent>();
  readonly #options: RunLoopOptions;
  readonly #nodes: NodeState[];
  readonly #topology: Topology;
  /** For each node, how many of its dependencies have not succeeded. */
  readonly #waiting: number[];
  readonly #ready: ReadyQueue;
  readonly #stop = new AbortController();
  readonly #attempts: AttemptContext;
  readonly #running = new Set<NodeState>();
  /** Nodes between two attempts. */
  #pausing = 0;
  #ended: { readonly state: NodeState; readonly outcome: AttemptOutcome }[] = [];
  readonly #commits: RunCommits;
  readonly #turns = new Turns();
  #failure: RunFailure | undefined;
  #cancelled = false;
  #detached = false;
  #lost: SluiceError | undefined;

  constructor(options: RunLoopOptions) {
    this.#options = options;
    this.#nodes = nodeStates(options.graph, options.recorded, options.routes);
    this.#commits = new RunCommits({
      ...options,
      state: options.context.state,
      nodes: this.#nodes,
      events: this.events,
    });
    this.#topology = readTopology(options.graph.nodes);
    this.#waiting = this.#topology.dependencies.map((list) => list.length);
    this.#ready = new ReadyQueue(options.concurrency, this.#sharing());
    // Every running node may listen.
    setMaxListeners(0, this.#stop.signal);
    this.#attempts = {
      engine: options.context,
      run: options.id,
      remote: options.remote,
      functions: options.functions,
      scope: this.#scope(),
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
    this.#ready.giveAll();
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
    for (const state of this.#nodes) if (state.phase === 'Succeeded') this.#release(state);
    for (const state of this.#nodes) this.#enqueueIfReady(state);
    this.#turns.begin();
    while (!this.#detached && !this.#lost && (await this.#turn()));
    if (this.#lost) throw this.#lost;
    return this.#detached ? this.#result({ phase: 'Running' }) : this.#finish();
  }

  /** False once nothing is left to do. */
  async #turn(): Promise<boolean> {
    this.#turns.next();
    this.#takeEnded();
    const starting = this.#stop.signal.aborted ? [] : this.#ready.take();
    const time = this.#now();
    for (const state of starting) this.#begin(state, time.getTime());
    if (this.#commits.pending)
      await this.#commits.commit(time).catch((error: unknown) => this.#leave(starting, error));
    for (const state of starting) this.#act(state);
    if (this.#ended.length > 0 || starting.length > 0) {
      await this.#turns.yieldSometimes();
    } else if (this.#running.size > 0 || this.#pausing > 0) {
      await this.#turns.untilNotified();
    } else if (this.#ready.size > 0 && !this.#stop.signal.aborted) {
      // Other runs have all the places.
      await this.#turns.untilNotified();
    } else {
      return false;
    }
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
      this.#running.delete(state);
      this.#ready.give(state);
      this.#apply(state, outcome);
    }
  }

  #apply(state: NodeState, outcome: AttemptOutcome): void {
    state.endedAt = this.#now().getTime();
    state.detail = outcome.detail;
    if (outcome.kind === 'succeeded') {
      state.outputs = outcome.outputs;
      this.#enter(state, 'Succeeded');
      this.#release(state);
      for (const position of this.#topology.dependents[state.position] ?? []) {
        this.#enqueueIfReady(this.#nodes[position] as NodeState);
      }
    } else if (outcome.kind === 'aborted') {
      this.#enter(state, 'Aborted');
    } else {
      this.#applyFailure(state, outcome);
    }
  }

  #applyFailure(state: NodeState, outcome: Extract<AttemptOutcome, { kind: 'failed' }>): void {
    const { error, retry, displaced } = outcome;
    state.error = error;
    if (displaced !== undefined && !this.#stop.signal.aborted && moveOn(state, error)) {
      this.#enter(state, 'RetryableFailure');
      this.#again(state, 0);
      return;
    }
    if (!this.#stop.signal.aborted && spendRetry(state, error, retry)) {
      this.#enter(state, 'RetryableFailure');
      this.#again(state, error.fault === 'system' ? SYSTEM_BACKOFF_MS * 2 ** (state.systemFailures - 1) : 0);
      return;
    }
    const attempts = state.userFailures + state.systemFailures;
    if (attempts > 1) state.error = { ...error, message: `${error.message} (after ${attempts} attempts)` };
    this.#enter(state, error.code === 'TimeoutExpired' ? 'TimedOut' : 'Failed');
    this.#failure ??= { ...state.error, node: state.node.id };
    if (this.#options.failurePolicy === 'FAIL_IMMEDIATELY') this.#stopAll();
  }

  #again(state: NodeState, waitMs: number): void {
    if (waitMs === 0) {
      this.#ready.add(state);
      return;
    }
    this.#pausing++;
    const ready = (): void => {
      this.#pausing--;
      this.#ready.add(state);
      this.#turns.notify();
    };
    sleep(waitMs, undefined, { signal: this.#stop.signal }).then(ready, ready);
  }

  /** The node's dependents wait for one less. */
  #release(state: NodeState): void {
    for (const position of this.#topology.dependents[state.position] ?? []) {
      this.#waiting[position] = (this.#waiting[position] as number) - 1;
    }
  }

  #enqueueIfReady(state: NodeState): void {
    if (this.#waiting[state.position] === 0 && state.phase !== 'Succeeded') this.#ready.add(state);
  }

  #begin(state: NodeState, time: number): void {
    state.goesOn = goesOn(state);
    if (!state.goesOn) {
      noteSpent(state);
      state.attempt++;
      state.job = undefined;
    }
    state.error = undefined;
    state.detail = undefined;
    state.endedAt = undefined;
    state.startedAt = time;
    this.#running.add(state);
    this.#enter(state, 'Running');
  }

  /** What could not be kept as Running does not run: nothing waits for its end. */
  #leave(starting: readonly NodeState[], error: unknown): never {
    for (const state of starting) this.#running.delete(state);
    throw error;
  }

  #act(state: NodeState): void {
    void this.#attempt(state);
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
    const end = this.#end();
    const time = this.#now();
    await this.#commits.commit(time, end);
    this.events.send({ type: 'run', phase: end.phase, time, ...(end.error && { error: end.error }) });
    return this.#result(end);
  }

  #end(): RunEnd {
    if (this.#nodes.every(({ phase }) => phase === 'Succeeded')) {
      const { graph } = this.#options;
      return { phase: 'Succeeded', outputs: resolveBindings(graph.outputs, this.#scope()) };
    }
    if (this.#failure) return { phase: 'Failed', error: this.#failure };
    return {
      phase: 'Aborted',
      error: {
        code: 'RunStopped',
        message: 'The run was cancelled.',
        hint: `Carry it on with: sluice runs resume ${this.#options.id}`,
        fault: 'user',
      },
    };
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
    while (this.#running.size > this.#ended.length) {
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

  #scope(): Scope {
    const { inputs } = this.#options;
    return {
      input: (name) => inputs[name],
      output: (node, output) => {
        const position = this.#topology.positions.get(node);
        return position === undefined ? undefined : this.#nodes[position]?.outputs?.[output];
      },
    };
  }

  #now(): Date {
    return this.#options.context.clock();
  }
}
