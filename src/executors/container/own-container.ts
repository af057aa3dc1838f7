import type { ChildProcess } from 'node:child_process';
import { errorMessage } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import type { Execution } from '../executor.ts';
import { holdStartError } from '../hold-start-error.ts';
import { signalProcess } from '../process/process-tree.ts';
import { createStopper } from '../stopper.ts';
import { untilClosed } from '../until-closed.ts';
import { type RunningContainer, resultOf } from './container-result.ts';
import { containerState } from './container-state.ts';
import { signalContainer } from './engine-command.ts';
import type { ContainerEngine } from './find-engine.ts';

/** Between two tries to signal a container that is just being made, milliseconds. */
const SIGNAL_INTERVAL_MS = 50;
/** How long output may still come after the engine's program has ended, milliseconds. */
const DRAIN_LIMIT_MS = 5_000;
/** How the engines' own reports of a failed start begin. */
const OWN_WORDS = ['Error: ', 'docker: ', 'time="'];

/** The container as an execution: its output, its stop and its end. */
export function ownContainer(container: RunningContainer, cleanUp: () => Promise<void>): Execution {
  const { child, engine, name, options } = container;
  const stderr = holdStartError(
    (chunk) => options.onOutput('stderr', chunk),
    OWN_WORDS,
    () => void releaseOnceStarted(),
  );
  const releaseOnceStarted = async (): Promise<void> => {
    if ((await containerState(engine, name))?.started) stderr.release();
  };
  child.stdout?.on('data', (chunk: Buffer) => options.onOutput('stdout', chunk));
  child.stderr?.on('data', stderr.push);
  const running = (): boolean =>
    child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const stopper = createStopper({
    running,
    terminate: (graceMs) => void terminate(engine, name, running, graceMs),
    kill: () => void killContainer(engine, name, child),
  });
  // One that cannot be started is closed too.
  child.once('error', () => undefined);
  const ended = untilClosed(child, DRAIN_LIMIT_MS).then(async () => {
    stopper.end();
    const result = await resultOf(container, stderr, stopper.stopped());
    await cleanUp().catch((error: unknown) => {
      const text = `sluice: something of the container is left behind: ${errorMessage(error)}\n`;
      options.onOutput('stderr', Buffer.from(text));
    });
    return result;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    stop({ graceMs }) {
      stopper.request(graceMs);
      return ended;
    },
  };
}

/** SIGTERM to the command; a container that is just being made gets it once it runs. */
async function terminate(
  engine: ContainerEngine,
  name: string,
  running: () => boolean,
  limitMs: number,
): Promise<void> {
  const isTold = async (): Promise<boolean> => !running() || signalContainer(engine, name, 'TERM');
  await pollUntil(isTold, { everyMs: SIGNAL_INTERVAL_MS, limitMs });
}

/** A container that cannot be killed, because it does not run yet, does not come to run. */
async function killContainer(engine: ContainerEngine, name: string, child: ChildProcess): Promise<void> {
  if (await signalContainer(engine, name, 'KILL')) return;
  if (child.pid !== undefined) signalProcess(child.pid, 'SIGKILL');
}
