import { createHash } from 'node:crypto';
import { SluiceError } from '../../core/errors.ts';
import type { ExecutionOptions } from '../executor.ts';
import { askEngine, type EngineCommand } from './engine-command.ts';

/** Networks of this process, and how many containers hold each. */
const held = new Map<string, { readonly made: Promise<void>; holders: number }>();

/** The network that the hosts of a job share; undefined for a job of one host. */
export function networkName({ hosts, container }: ExecutionOptions): string | undefined {
  if (hosts.length < 2 || !container) return undefined;
  return `sluice-${createHash('sha256').update(container.group).digest('hex').slice(0, 16)}`;
}

/**
 * Makes a network, unless another host of the job has. Give it back with {@link releaseNetwork}.
 *
 * @throws SluiceError `ExecutorUnavailable` when the engine cannot make one
 */
export async function holdNetwork(engine: EngineCommand, name: string, isolated: boolean): Promise<void> {
  const known = held.get(name);
  const network = known ?? { made: makeNetwork(engine, name, isolated), holders: 0 };
  network.holders++;
  held.set(name, network);
  try {
    await network.made;
  } catch (error) {
    await releaseNetwork(engine, name);
    throw error;
  }
}

/** Gives a network back; the last holder removes it. */
export async function releaseNetwork(engine: EngineCommand, name: string): Promise<void> {
  const network = held.get(name);
  if (!network || --network.holders > 0) return;
  held.delete(name);
  await removeNetwork(engine, name);
}

/** Removes a network that nothing uses; any other stays. */
export async function removeNetwork({ program }: EngineCommand, name: string): Promise<void> {
  await askEngine(program, ['network', 'rm', name]);
}

async function makeNetwork(engine: EngineCommand, name: string, isolated: boolean): Promise<void> {
  const more = isolated ? ['--internal'] : [];
  const answer = await askEngine(engine.program, [
    'network',
    'create',
    '--label',
    'sluice=network',
    ...more,
    name,
  ]);
  if (answer.ok || /already (?:exists|used)/.test(answer.problem)) return;
  throw new SluiceError(
    'ExecutorUnavailable',
    `${engine.program} cannot make a network for the hosts of a job: ${answer.problem}`,
    {
      hint: 'Run the job with one host, or mend the networks of the engine (netavark and aardvark-dns for Podman).',
    },
  );
}
