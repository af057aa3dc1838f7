import { errorMessage } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { type ServedPort, servePort } from '../network/served-port.ts';
import type { ContainerExecution } from './container-result.ts';
import { askEngine } from './engine-command.ts';
import type { ContainerEngine } from './find-engine.ts';
import { SERVING_PORT } from './run-arguments.ts';

/** Between two looks at a container that is just being made, milliseconds. */
const LOOK_INTERVAL_MS = 50;

/** An isolated container has no network that a port could be published from: one of this machine is led into it. */
export async function serveIsolated(
  engine: ContainerEngine,
  name: string,
  { container: { isolated, port }, onOutput }: ContainerExecution,
  running: () => boolean,
): Promise<ServedPort | undefined> {
  if (!isolated || port === undefined) return undefined;
  try {
    let pid = 0;
    const hasStarted = async (): Promise<boolean> => {
      const { stdout } = await askEngine(engine.program, ['inspect', '--format', '{{.State.Pid}}', name]);
      pid = Number(stdout);
      return pid > 0 || !running();
    };
    // An image may be large; the engine's program ends where the container cannot be made.
    await pollUntil(hasStarted, { everyMs: LOOK_INTERVAL_MS, limitMs: Number.POSITIVE_INFINITY });
    if (pid > 0) return await servePort(pid, port, SERVING_PORT);
  } catch (error) {
    onOutput(
      'stderr',
      Buffer.from(`sluice: the isolated container cannot be reached: ${errorMessage(error)}\n`),
    );
  }
  return undefined;
}
