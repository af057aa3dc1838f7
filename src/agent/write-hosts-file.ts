import { lookup } from 'node:dns/promises';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostName } from '../contract/hosts.ts';
import { SluiceError } from '../core/errors.ts';

/** How the hosts of a job are found. */
export interface HostsFileOptions {
  /** Their names in the DNS, in the order of the hosts: `job-0.job`, `job-1.job`. */
  readonly peers: readonly string[];
  /** How long they may take to be there, milliseconds. @default an hour */
  readonly limitMs?: number | undefined;
  readonly signal: AbortSignal;
}

const LIMIT_MS = 3_600_000;
const EVERY_MS = 500;

/**
 * Writes a hosts file by which the hosts of a job call each other `algo-1`, `algo-2`, …, once the platform's DNS knows all
 * of them: none begins before all are there.
 *
 * @throws SluiceError `CapacityUnavailable` where one does not come
 */
export async function writeHostsFile(
  file: string,
  { peers, limitMs = LIMIT_MS, signal }: HostsFileOptions,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback'];
  for (const [index, peer] of peers.entries()) {
    const address = await addressOf(peer, deadline, signal);
    if (address === undefined)
      throw new SluiceError('CapacityUnavailable', `Host ${hostName(index)} (${peer}) did not come in time.`);
    lines.push(`${address} ${hostName(index)} ${peer.split('.')[0]}`);
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
}

async function addressOf(name: string, deadline: number, signal: AbortSignal): Promise<string | undefined> {
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    try {
      return (await lookup(name)).address;
    } catch {
      await sleep(EVERY_MS, undefined, { signal });
    }
  }
  return undefined;
}
