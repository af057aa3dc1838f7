import { chmodSync, chownSync, type Stats, statSync } from 'node:fs';

/** What bubblewrap brings into every `/dev`: the very devices of this machine. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * Remembers modes and owners of the devices that a job sees, and returns what gives them back. A job that root has
 * started owns them as root does, and no mount takes that away: what it may do with them it can do to nothing else of
 * the machine, and it does not last.
 */
export function keepDevices(shown: readonly string[] = []): () => void {
  if (process.getuid?.() !== 0) return () => undefined;
  for (const name of [...DEVICES, ...shown]) {
    const path = `/dev/${name}`;
    if (!known.has(path)) known.set(path, describe(path));
  }
  return () => {
    for (const device of known.values()) if (device) restore(device);
  };
}

/** As they were before the first job of this process. */
const known = new Map<string, Device | undefined>();

type Device = Pick<Stats, 'mode' | 'uid' | 'gid'> & { readonly path: string };

function describe(path: string): Device | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isCharacterDevice()) return undefined;
  const { mode, uid, gid } = stats;
  return { path, mode, uid, gid };
}

function restore({ path, mode, uid, gid }: Device): void {
  const now = describe(path);
  if (!now || (now.mode === mode && now.uid === uid && now.gid === gid)) return;
  chownSync(path, uid, gid);
  chmodSync(path, mode & 0o7777);
}
