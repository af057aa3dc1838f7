import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_RESULT_BYTES, open, seal } from '../contract/agent-result.ts';
import { SluiceError } from '../core/errors.ts';
import { parseS3Uri, readSmall } from '../objects/index.ts';
import type { AgentJob } from './agent-job.ts';
import { expectedOf, writeText } from './host-record.ts';

/** Where a host is reached, signed. */
interface HostAddress {
  readonly attempt: string;
  /** Of the document. */
  readonly digest: string;
  readonly host: string;
  readonly address: string;
}

/** Milliseconds. The other hosts have begun, or Batch had no room for the job. */
const LIMIT_MS = 1_800_000;
const EVERY_MS = 500;
const ADDRESS = /^[0-9a-fA-F.:]{2,45}$/;

/**
 * Adds the names of all hosts to a hosts file, where no DNS knows them: each leaves its address in the store. The user's
 * container has the same file, since the containers of a task share their network.
 *
 * @throws SluiceError `CapacityUnavailable` where a host does not come
 */
export async function shareAddresses(job: AgentJob, file: string, address: string): Promise<void> {
  const { host, hosts, settings, uris, stores, stopping } = job;
  const { attempt, digest } = expectedOf(job);
  const own: HostAddress = { attempt, digest, host: host.name, address };
  await writeText(stores, uris.address(host.name), seal('address', own, settings.key));
  const deadline = performance.now() + LIMIT_MS;
  const lines: string[] = [];
  for (const name of hosts) {
    const found = name === host.name ? address : await addressOf(job, name, deadline);
    if (found === undefined)
      throw new SluiceError('CapacityUnavailable', `Host ${name} did not come in time.`);
    lines.push(`${found} ${name}\n`);
    stopping.signal.throwIfAborted();
  }
  appendFileSync(file, `\n${lines.join('')}`);
}

async function addressOf(job: AgentJob, name: string, deadline: number): Promise<string | undefined> {
  const uri = job.uris.address(name);
  const store = job.stores.store(parseS3Uri(uri).bucket);
  while (performance.now() < deadline) {
    const bytes = await readSmall(store, uri, MAX_RESULT_BYTES).catch(() => undefined);
    const address = bytes && read(job, name, bytes);
    if (address !== undefined) return address;
    await sleep(EVERY_MS, undefined, { signal: job.stopping.signal });
  }
  return undefined;
}

/** One that is forged, or of a try before, counts as none. */
function read(job: AgentJob, name: string, bytes: Uint8Array): string | undefined {
  try {
    const { host, address } = open<HostAddress>('address', bytes, expectedOf(job));
    return host === name && ADDRESS.test(address) ? address : undefined;
  } catch {
    return undefined;
  }
}
