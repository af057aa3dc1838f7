import { onAbort } from '../core/on-abort.ts';
import type { Json } from '../graph/index.ts';
import { workerOf } from '../state/index.ts';
import { Broadcast } from './broadcast.ts';
import { nodeResult, nodeStates } from './node-state.ts';
import type { RunEvent, RunHandle, RunResult } from './run-handle.ts';
import { RunLoop } from './run-loop.ts';
import type { RunLoopOptions } from './run-loop-options.ts';

/** What starts a run that is committed as this process's. */
export interface RunStart extends RunLoopOptions {
  readonly signal: AbortSignal | undefined;
}

/** Starts to carry a run out, after whoever gets the handle had time to listen. */
export function startRun({ signal, ...options }: RunStart): RunHandle {
  const loop = new RunLoop(options);
  const listening = onAbort(signal, () => loop.cancel());
  const holding = workerOf(options.context.state).onLost((worker) => {
    if (worker === options.lease.worker) loop.lose();
  });
  const done = new Promise<void>((resolve) => {
    setImmediate(resolve);
  })
    .then(() => loop.run())
    .finally(() => {
      listening[Symbol.dispose]();
      holding[Symbol.dispose]();
    });
  return {
    id: options.id,
    events: loop.events,
    done,
    detach: () => loop.detach(),
    nodes: () => loop.nodes(),
    cancel: () => {
      loop.cancel();
      return done;
    },
  };
}

/** The handle of a run that has succeeded already. */
export function endedRun(
  options: Omit<RunStart, 'lease'>,
  outputs: Readonly<Record<string, Json>>,
): RunHandle {
  const { id, graph, recorded } = options;
  const nodes = nodeStates(graph, recorded, options.routes).map(nodeResult);
  const result: RunResult = { id, workflow: graph.name, phase: 'Succeeded', outputs, nodes };
  const events = new Broadcast<RunEvent>();
  events.end();
  const done = Promise.resolve(result);
  return { id, events, done, nodes: () => nodes, cancel: () => done, detach: () => undefined };
}
