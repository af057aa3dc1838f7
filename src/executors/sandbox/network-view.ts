import type { ExecutionOptions } from '../executor.ts';
import { joinNetwork } from '../network/join-network.ts';
import { servePort } from '../network/served-port.ts';
import { holdJobNetwork } from './job-network.ts';

/** What a sandbox sees of the network. */
export interface NetworkView {
  /** What bubblewrap is started by. */
  readonly entry: readonly string[];
  /** Arguments of bubblewrap. */
  readonly arguments: readonly string[];
}

const SHARED: NetworkView = { entry: [], arguments: [] };
const ALONE: NetworkView = { entry: [], arguments: ['--unshare-net'] };

/**
 * Makes what a command sees of the network: that of this machine; or nothing but loopback, of its own or shared with
 * the other hosts of its job.
 *
 * @param held what has to be released once the command has ended
 * @throws SluiceError `ExecutorUnavailable` where no network can be made
 */
export async function networkView(
  { isolation, hosts }: ExecutionOptions,
  held: AsyncDisposableStack,
): Promise<NetworkView> {
  if (!isolation) return SHARED;
  const { group, port } = isolation;
  if (hosts.length < 2 && port === undefined) return ALONE;
  const { pid, release } = await holdJobNetwork(group);
  held.defer(release);
  if (port !== undefined) {
    const served = await servePort(pid, port, port);
    held.defer(() => served.close());
  }
  return { entry: joinNetwork(pid), arguments: [] };
}
