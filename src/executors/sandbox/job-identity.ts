import { readFileSync, writeFileSync } from 'node:fs';

/** Who a job is, to itself and to this machine. */
export interface JobIdentity {
  /** Arguments of bubblewrap. */
  readonly arguments: readonly string[];
  /** Whether the maps of user and group ids are written from outside, with {@link writeIdMaps}. */
  readonly mapped: boolean;
}

/** What root in a container may do with files and processes of its own; nothing that reaches the machine. */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETGID',
  'CAP_SETUID',
];
/**
 * The job's users beside root are nobody on this machine: ids that systemd, the tools of containers and
 * administrators leave alone.
 *
 * @see https://systemd.io/UIDS-GIDS
 */
const FIRST_FOREIGN_ID = 1_900_000_001;
const FOREIGN_IDS = 65_535;
const ID_MAP = `0 0 1\n1 ${FIRST_FOREIGN_ID} ${FOREIGN_IDS}\n`;

let cached: JobIdentity | undefined;

/**
 * Started by root, a job is root in a user namespace of its own: it may give its files to any user, and has no rights
 * outside. Started by another user, it is that user, without any capability.
 */
export function jobIdentity(): JobIdentity {
  cached ??= describeIdentity();
  return cached;
}

function describeIdentity(): JobIdentity {
  const none = ['--unshare-user', '--cap-drop', 'ALL'];
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  // Also where bubblewrap is started in the user namespace of an isolated network, as root of it.
  if (uid !== 0) return { arguments: [...none, '--uid', `${uid}`, '--gid', `${gid}`], mapped: false };
  const kept = CAPABILITIES.flatMap((capability) => ['--cap-add', capability]);
  return { arguments: [...none, ...kept, '--uid', '0', '--gid', '0'], mapped: canMap() };
}

/** Writes the maps of a process in a new user namespace. */
export function writeIdMaps(pid: number): void {
  writeFileSync(`/proc/${pid}/uid_map`, ID_MAP);
  writeFileSync(`/proc/${pid}/gid_map`, ID_MAP);
}

/** Whether this process has the ids itself; in a container it may not. */
function canMap(): boolean {
  return ['uid_map', 'gid_map'].every((name) => {
    const lines = readFileSync(`/proc/self/${name}`, 'utf8').trim().split('\n');
    return lines.some((line) => {
      const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return inside <= FIRST_FOREIGN_ID && inside + count >= FIRST_FOREIGN_ID + FOREIGN_IDS;
    });
  });
}
