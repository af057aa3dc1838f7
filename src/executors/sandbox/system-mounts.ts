import { existsSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findPython, type PythonInstallation } from '../find-python.ts';

/** The part of a sandbox that is the same for every job of this process. */
export interface SystemView {
  /** Arguments of bubblewrap. */
  readonly arguments: readonly string[];
  /** Where programs are found, in the job. */
  readonly path: string;
}

/** Where the job finds the Node.js that runs Sluice, as `node`. */
const PROGRAMS = '/run/sluice/bin';
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Directories of the root that hold programs and libraries. On most systems all but `/usr` are links into it. */
const SYSTEM_DIRECTORIES = ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'nix', 'gnu'];

/** What programs read of the machine; not the kernel's own debugging, firmware and crash records. */
const MACHINE = ['block', 'bus', 'class', 'dev', 'devices', 'fs/cgroup', 'kernel/mm', 'module'];
/** Power meters tell what other programs compute. */
const HIDDEN_IN_MACHINE = '/sys/devices/virtual/powercap';

/**
 * Parts of `/proc` through which root's processes would change or read the machine, in any namespace. bubblewrap itself
 * makes `bus` and `irq` read-only, where the job could write there.
 *
 * @see the default masked and read-only paths of Docker and Podman
 */
const READ_ONLY_IN_PROC = ['fs', 'sys', 'sysrq-trigger'];
const HIDDEN_IN_PROC = [
  'acpi',
  'interrupts',
  'kcore',
  'keys',
  'kmsg',
  'latency_stats',
  'sched_debug',
  'scsi',
  'timer_list',
  'timer_stats',
];

/**
 * What programs read in `/etc` beside {@link openConfiguration}'s files: certificates, fonts, which of several programs is
 * meant. Nothing secret.
 */
const SYSTEM_CONFIGURATION = [
  'alternatives',
  'crypto-policies',
  'fonts',
  'localtime',
  'os-release',
  'pki/ca-trust',
  'pki/tls/cert.pem',
  'pki/tls/certs',
  'ssl/cert.pem',
  'ssl/certs',
];

/** Devices of accelerators beside NVIDIA's, where the machine has them. */
const ACCELERATORS = /^(?:dri|kfd|neuron\d+|dxg)$/;

let cached: { readonly key: string; readonly view: SystemView } | undefined;

/** The read-only system that every sandbox sees, made once for each process and `PATH`. */
export function systemView(): SystemView {
  const key = `${process.env['PATH']}\0${process.env['PYENV_VERSION']}\0${process.cwd()}`;
  if (cached?.key !== key) cached = { key, view: describeSystem() };
  return cached.view;
}

function describeSystem(): SystemView {
  const python = findPython();
  return {
    arguments: [
      SYSTEM_DIRECTORIES.flatMap((name) => showReadOnly(`/${name}`)),
      SYSTEM_CONFIGURATION.flatMap((name) => showReadOnly(`/etc/${name}`)),
      MACHINE.flatMap((name) => showReadOnly(`/sys/${name}`)),
      hide(HIDDEN_IN_MACHINE),
      children('/opt').flatMap((name) => (name === 'ml' ? [] : showForAll(`/opt/${name}`))),
      ['--proc', '/proc', '--dev', '/dev'],
      READ_ONLY_IN_PROC.map((name) => `/proc/${name}`).flatMap(bindReadOnly),
      HIDDEN_IN_PROC.flatMap((name) => hide(`/proc/${name}`)),
      // The root is a file system of the job's own, in memory: they need none each.
      ['--perms', '1777', '--dir', '/tmp', '--perms', '0700', '--dir', '/root'],
      ['--perms', '1777', '--dir', '/var/tmp', '--dir', '/run'],
      children('/dev').flatMap((name) =>
        ACCELERATORS.test(name) ? ['--dev-bind', `/dev/${name}`, `/dev/${name}`] : [],
      ),
      showPrograms(python),
    ].flat(),
    path: [PROGRAMS, python && !inSystem(python.binDirectory) ? python.binDirectory : '', SYSTEM_PATH]
      .filter(Boolean)
      .join(delimiter),
  };
}

function showPrograms(python: PythonInstallation | undefined): string[] {
  const node = process.execPath;
  const shown = ['--symlink', node, join(PROGRAMS, 'node')];
  if (!node.startsWith('/usr/')) shown.push('--ro-bind', node, node);
  if (!python) return shown;
  for (const directory of python.directories) {
    if (!inSystem(directory)) shown.push('--ro-bind', directory, directory);
  }
  if (!existsSync(join(python.binDirectory, 'python'))) {
    shown.push('--symlink', python.executable, join(PROGRAMS, 'python'));
  }
  return shown;
}

/** A link whose target the sandbox has too is shown as a link: that is cheaper than a mount. */
function showReadOnly(path: string): string[] {
  if (!existsSync(path)) return [];
  const link = linkTarget(path);
  if (link !== undefined && inSystem(realpathSync(path))) return ['--symlink', link, path];
  return ['--ro-bind', path, path];
}

/** Root's job could read what root keeps from others. */
function showForAll(path: string): string[] {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o005) === 0o005 ? showReadOnly(path) : [];
}

function bindReadOnly(path: string): string[] {
  return existsSync(path) ? ['--ro-bind', path, path] : [];
}

/** Nothing is seen there. */
function hide(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return [];
  return stats.isDirectory() ? ['--tmpfs', path, '--remount-ro', path] : ['--ro-bind', '/dev/null', path];
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function inSystem(path: string): boolean {
  return path.startsWith('/usr/') || (dirname(path) === '/' && path === '/usr') || path.startsWith('/opt/');
}

function children(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
