import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_CONTAINER_SETTINGS } from '../../src/core/config.ts';
import type { ContainerOptions } from '../../src/executors/index.ts';

/** A Podman of its own: its images, containers and networks are nobody else's. */
export interface Podman extends AsyncDisposable {
  /** The trimmed output of a command of Podman. */
  run(...parameters: readonly string[]): string;
  /** Containers and networks of Sluice that are left, by their names. */
  leftovers(): string[];
  /** @throws Error that names what is left */
  expectNothingLeft(): void;
}

/** What the image of the tests is called. Its entrypoint is {@link ENTRYPOINT}. */
export const IMAGE = 'localhost/sluice-test:1';

/** Does what the job's environment says: as SageMaker starts containers, with `train` or `serve`. */
const ENTRYPOINT = `#!/bin/sh
[ "$#" = 0 ] && set -- none
case "$1" in
  train) eval "$TRAIN" ;;
  serve) eval "$SERVE" ;;
  none) eval "$PROCESS" ;;
  *) exec "$@" ;;
esac
`;

const INSTALL = 'install podman, runc, netavark, aardvark-dns, iptables, catatonit and busybox-static';

/**
 * Makes a Podman of its own with {@link IMAGE}: busybox, Node.js and an entrypoint. From here on it is the one that
 * this process finds. One test file at a time has one: the bridges and addresses of their networks are the machine's.
 */
export async function openPodman(): Promise<Podman> {
  const unlock = await lock(join(tmpdir(), 'sluice-podman.lock'));
  const directory = mkdtempSync(join(tmpdir(), 'sluice-podman-'));
  const environment = writeConfiguration(directory);
  Object.assign(process.env, environment);
  const run = (...parameters: readonly string[]): string => {
    try {
      return execFileSync('podman', parameters, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }).trim();
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: string };
      if (code === 'ENOENT') throw new Error(`These tests need Podman: ${INSTALL}.`, { cause: error });
      throw new Error(`podman ${parameters.join(' ')}: ${stderr}`, { cause: error });
    }
  };
  try {
    run('info');
  } catch {
    // A disk that is an overlay itself holds no other one.
    writeConfiguration(directory, 'vfs');
  }
  importImage(directory, run);
  const leftovers = (): string[] =>
    [
      run('ps', '--all', '--format', '{{.Names}}'),
      run('network', 'ls', '--quiet', '--filter', 'label=sluice=network'),
    ]
      .join('\n')
      .split('\n')
      .filter(Boolean);
  return {
    run,
    leftovers,
    expectNothingLeft: () => {
      const left = leftovers();
      if (left.length > 0) throw new Error(`Containers or networks were left behind: ${left.join(', ')}`);
    },
    [Symbol.asyncDispose]: async () => {
      run('rm', '--all', '--force', '--time', '0');
      run('rmi', '--all', '--force');
      removeAll(directory);
      for (const name of Object.keys(environment)) delete process.env[name];
      unlock();
    },
  };
}

/** Waits until no other process holds a lock, and takes it. One whose holder is gone counts for nothing. */
async function lock(path: string): Promise<() => void> {
  for (let attempt = 0; attempt < 6000; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path);
    } catch {
      if (!lives(readOrEmpty(path))) rmSync(path, { force: true });
      await sleep(100);
    }
  }
  throw new Error('Another test file has held Podman for ten minutes.');
}

/** A lock that is just being written names nobody yet. */
function lives(pid: string): boolean {
  return pid === '' || existsSync(`/proc/${pid}`);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The container of the test's image, for executors. */
export function testContainer(more: Partial<ContainerOptions> = {}): ContainerOptions {
  return {
    image: IMAGE,
    keepEntrypoint: false,
    group: 'test',
    isolated: true,
    labels: {},
    settings: DEFAULT_CONTAINER_SETTINGS,
    ...more,
  };
}

/** Storage and state below a directory; the runtime and the limits that work in sandboxed virtual machines too. */
function writeConfiguration(directory: string, driver = 'overlay'): Record<string, string> {
  const containers = `
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
tmp_dir = "${join(directory, 'tmp')}"
[network]
network_backend = "netavark"
network_config_dir = "${join(directory, 'networks')}"
default_network = "sluice-tests"
default_subnet = "10.213.0.0/24"
default_subnet_pools = [{ "base" = "10.213.64.0/18", "size" = 24 }]
`;
  const storage = `
[storage]
driver = "${driver}"
graphroot = "${join(directory, 'storage')}"
runroot = "${join(directory, 'run')}"
`;
  writeFileSync(join(directory, 'containers.conf'), containers);
  writeFileSync(join(directory, 'storage.conf'), storage);
  return {
    CONTAINERS_CONF: join(directory, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(directory, 'storage.conf'),
  };
}

function importImage(directory: string, run: Podman['run']): void {
  const root = join(directory, 'root');
  makeSystem(root);
  writeFileSync(join(root, 'entrypoint'), ENTRYPOINT, { mode: 0o755 });
  // Images bring code of their own there.
  mkdirSync(join(root, 'opt', 'ml', 'code'), { recursive: true });
  writeFileSync(join(root, 'opt', 'ml', 'code', 'baked'), 'in the image');
  importTree(run, root, '--change', 'ENTRYPOINT ["/entrypoint"]', IMAGE);
}

/**
 * Makes an image of what this machine has, as a base to build on: the system of {@link IMAGE}, npm, Python and
 * bubblewrap. Needs all of them.
 */
export function importBase(run: Podman['run'], name: string): void {
  const root = join(mkdtempSync(join(tmpdir(), 'sluice-base-')), 'root');
  mkdirSync(join(root, 'usr', 'bin'), { recursive: true });
  for (const place of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', place), { recursive: true });
    symlinkSync(join('usr', place), join(root, place));
  }
  makeSystem(root);
  copyProgram(root, commandPath('bwrap'), 'usr/bin/bwrap');
  const ask = (expression: string): string =>
    execFileSync('/usr/bin/python3', ['-c', `import sys, sysconfig; print(${expression})`], {
      encoding: 'utf8',
    }).trim();
  copyProgram(root, ask('sys.executable'), 'usr/bin/python3');
  copyTree(root, ask('sysconfig.get_path("stdlib")'));
  const npm = realpathSync(join(dirname(realpathSync(commandPath('npm'))), '..'));
  copyTree(root, npm, 'usr/lib/node_modules/npm');
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'));
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  if (certificates !== undefined) copyTree(root, certificates);
  importTree(run, root, name);
  rmSync(dirname(root), { recursive: true });
}

/** Makes an image of busybox and Node.js, as a base to build on. */
export function importNodeBase(run: Podman['run'], name: string): void {
  const root = join(mkdtempSync(join(tmpdir(), 'sluice-base-')), 'root');
  makeSystem(root);
  importTree(run, root, name);
  rmSync(dirname(root), { recursive: true });
}

/** A root directory with busybox and Node.js. */
function makeSystem(root: string): void {
  for (const name of ['bin', 'tmp', 'etc', 'root', 'proc', 'sys', 'dev'])
    mkdirSync(join(root, name), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  const busybox = join(root, 'bin', 'busybox');
  copyFileSync(staticBusybox(), busybox);
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  copyProgram(root, process.execPath, 'bin/node');
  // Debian's is linked with nothing.
  copyFileSync(commandPath('catatonit'), join(root, 'bin', 'catatonit'));
  writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
}

/** A program with the libraries that it is linked with. */
function copyProgram(root: string, file: string, place: string): void {
  for (const library of librariesOf(file)) copyTree(root, library);
  rmSync(join(root, place), { force: true });
  copyFileSync(file, join(root, place));
}

/** A file or directory of this machine at its own place, or at another one. */
function copyTree(root: string, source: string, place = source): void {
  mkdirSync(dirname(join(root, place)), { recursive: true });
  execFileSync('cp', ['-RL', source, join(root, place)]);
}

function importTree(run: Podman['run'], root: string, ...parameters: readonly string[]): void {
  const archive = `${root}.tar`;
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  run('import', ...parameters.slice(0, -1), archive, ...parameters.slice(-1));
  rmSync(archive);
  rmSync(root, { recursive: true });
}

function commandPath(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
}

function staticBusybox(): string {
  try {
    return commandPath('busybox');
  } catch (error) {
    throw new Error(`These tests need a static busybox: ${INSTALL}.`, { cause: error });
  }
}

/** The libraries that a program is linked with, and its loader. */
function librariesOf(program: string): string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path as string);
}

/** In a rootless engine's storage lie files of other users. */
function removeAll(directory: string): void {
  if (process.getuid?.() === 0) rmSync(directory, { recursive: true, force: true });
  else execFileSync('podman', ['unshare', 'rm', '-rf', directory]);
}
