import type { JobHandle } from '../platforms/index.ts';
import { type Database, type Lease, type NodeChange, type RunEnd, saveRun } from '../state/index.ts';
import type { Broadcast } from './broadcast.ts';
import { type NodeState, nodeChange, nodeResult } from './node-state.ts';
import type { RunEvent } from './run-handle.ts';

/** Whose changes are kept, and who is told of them. */
export interface RunCommitsOptions {
  readonly id: string;
  /** By what the run is held: every commit carries it. */
  readonly lease: Lease;
  readonly state: Database;
  /** By position. */
  readonly nodes: readonly NodeState[];
  readonly events: Broadcast<RunEvent>;
}

/** What has changed of a run, until it is kept: all that one turn has changed in one transaction. */
export class RunCommits {
  readonly #options: RunCommitsOptions;
  #changes: NodeChange[] = [];
  /** Attempts whose job's handle is among the changes, and that wait for it to be kept. */
  readonly #submitted: (() => void)[] = [];
  /** The state could not be written: nothing waits to be kept any more. */
  #broken = false;

  constructor(options: RunCommitsOptions) {
    this.#options = options;
  }

  /** Whether there is something to keep. */
  get pending(): boolean {
    return this.#changes.length > 0;
  }

  /** The node as it is now is to be kept. */
  add(state: NodeState): void {
    this.#changes.push(nodeChange(state));
  }

  /**
   * Resolves once the handle of a node's job is kept: from then on, whoever carries the run on finds the job by it;
   * before, by its idempotency key.
   */
  keepHandle(state: NodeState, handle: JobHandle, onPending: () => void): Promise<void> {
    state.job = handle;
    if (this.#broken) return Promise.resolve();
    this.#changes.push({ ...nodeChange(state), submitted: true });
    onPending();
    return new Promise((resolve) => {
      this.#submitted.push(resolve);
    });
  }

  /** Keeps what has changed, and then tells of it. */
  async commit(time: Date, end?: RunEnd): Promise<void> {
    const nodes = this.#changes;
    this.#changes = [];
    const submitted = this.#submitted.splice(0);
    const { state, id, lease, events } = this.#options;
    try {
      await saveRun(state, { run: id, lease, nodes, end, time: time.getTime() });
      if (events.wanted) for (const change of nodes) this.#tell(change, time);
    } finally {
      // What could not be kept breaks the run down, which stops its jobs.
      for (const goOn of submitted) goOn();
    }
  }

  /** The state could not be written: nothing waits for it from now on. */
  giveUp(): void {
    this.#broken = true;
    for (const goOn of this.#submitted.splice(0)) goOn();
  }

  /** What has changed is not kept. */
  clear(): void {
    this.#changes = [];
  }

  #tell({ submitted = false, ...change }: NodeChange, time: Date): void {
    const { nodes, events } = this.#options;
    const state = nodes[change.position] as NodeState;
    const node = nodeResult({ ...state, ...(change as Partial<NodeState>) });
    if (!submitted) events.send({ type: 'node', time, node });
    else if (state.job) events.send({ type: 'submitted', time, node: node.id, job: state.job });
  }
}
