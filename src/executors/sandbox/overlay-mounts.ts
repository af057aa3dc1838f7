import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Mount } from '../../contract/mount.ts';
import { removeTree } from '../../core/tree/index.ts';

/** Overlays of one command: what it writes on top of a mount's source lies in a directory of its own. */
export interface OverlayMounts {
  /** What bubblewrap is started by. */
  readonly entry: readonly string[];
  /** All mounts, each overlay with the place that shows it. */
  readonly mounts: readonly Mount[];
}

const PROBE_TIMEOUT_MS = 10_000;

/**
 * Mounts each directory `<n>` below the working directory, in a mount namespace that ends with the command, and goes on
 * as what follows. Nothing is written back to the disk in a hurry: what was written ends with the command, too.
 * Arguments: how many, further options, the command.
 */
const MOUNT_SCRIPT = `count=$1 more=$2; shift 2
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  mount -t overlay overlay -o "volatile$more,lowerdir=$count/lower,upperdir=$count/upper,workdir=$count/work" "$count/merged" || exit 125
done
exec "$@"`;

/**
 * Makes what is needed to show copy-on-write mounts. The sources are named by links: no character of a path is lost on
 * the way to the kernel.
 *
 * @param held what has to be released once the command has ended
 */
export function overlayMounts(
  mlDirectory: string,
  mounts: readonly Mount[],
  held: AsyncDisposableStack,
): OverlayMounts {
  const overlays = mounts.filter(({ copyOnWrite }) => copyOnWrite);
  if (overlays.length === 0) return { entry: [], mounts };
  const directory = mkdtempSync(`${mlDirectory}.overlay-`);
  held.defer(() => removeTree(directory));
  for (const [index, { source }] of overlays.entries()) makePlaces(join(directory, String(index)), source);
  return {
    entry: enterOverlays(directory, overlays.length),
    mounts: mounts.map((mount) => {
      const index = overlays.indexOf(mount);
      if (index < 0) return mount;
      return { ...mount, source: join(directory, String(index), 'merged'), readOnly: false };
    }),
  };
}

function makePlaces(place: string, source: string): void {
  mkdirSync(place, { mode: 0o755 });
  for (const name of ['upper', 'work', 'merged']) mkdirSync(join(place, name), { mode: 0o755 });
  symlinkSync(resolve(source), join(place, 'lower'));
}

/** Whoever is not root may mount in a user namespace, as root of it. */
function enterOverlays(directory: string, count: number): string[] {
  const root = process.getuid?.() === 0;
  const namespaces = root ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const script = `cd "$1" && shift; ${MOUNT_SCRIPT}`;
  return [
    ['unshare', ...namespaces, '--propagation', 'private', '--', 'sh', '-c', script, 'sluice'],
    [directory, String(count), root ? '' : ',userxattr'],
  ].flat();
}

/** By the device that a directory is on. */
const probed = new Map<number, Promise<boolean>>();

/** Whether overlays work here, found by making one beside the directory: not every file system can be written over. */
export function canOverlay(directory: string): Promise<boolean> {
  const { dev } = statSync(directory);
  const known = probed.get(dev) ?? tryOverlay(directory);
  probed.set(dev, known);
  return known;
}

async function tryOverlay(directory: string): Promise<boolean> {
  await using held = new AsyncDisposableStack();
  let entry: readonly string[];
  try {
    const source = mkdtempSync(join(directory, 'probe-'));
    held.defer(() => removeTree(source));
    writeFileSync(join(source, 'old'), '');
    const mount = { source, target: '/', readOnly: false, copyOnWrite: true };
    ({ entry } = overlayMounts(source, [mount], held));
  } catch {
    return false;
  }
  const [program, ...parameters] = [...entry, 'sh', '-c', ': > 0/merged/new && rm 0/merged/old'];
  return await new Promise((done) => {
    execFile(program, parameters, { timeout: PROBE_TIMEOUT_MS }, (error) => done(!error));
  });
}
