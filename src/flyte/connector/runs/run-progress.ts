import type { RunHandle } from '../../../engine/index.ts';
import type { JobStatus } from '../../../platforms/index.ts';

/** What the jobs of the runs that this process carries out have last said of themselves. */
export class RunProgress {
  readonly #runs = new Map<string, Map<string, JobStatus>>();

  /** Listens until the run has ended, or was let go of. */
  follow({ id, events }: RunHandle): void {
    const nodes = new Map<string, JobStatus>();
    this.#runs.set(id, nodes);
    void this.#listen(id, nodes, events);
  }

  async #listen(id: string, nodes: Map<string, JobStatus>, events: RunHandle['events']): Promise<void> {
    for await (const event of events)
      if (event.type === 'job') nodes.set(event.node, neverBack(nodes.get(event.node), event.status));
    this.#runs.delete(id);
  }

  /** Undefined: nothing is known here. */
  of(run: string, node: string): JobStatus | undefined {
    return this.#runs.get(run)?.get(node);
  }
}

/** A job that is begun anew, on another machine, still runs for who waits for its task. */
function neverBack(before: JobStatus | undefined, status: JobStatus): JobStatus {
  const hasRun = before !== undefined && !isBeforeRunning(before);
  return hasRun && isBeforeRunning(status) ? { ...status, phase: 'running' } : status;
}

function isBeforeRunning({ phase }: JobStatus): boolean {
  return phase === 'queued' || phase === 'initializing';
}
