// What tests need of a machine, beside Node.js: programs of the system, which are installed where that can be done.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresPrograms } from './postgres.mjs';
import { root } from './project.mjs';

/** By name: Debian's packages that bring it, and whether it works here. */
const components = {
  bubblewrap: {
    packages: ['bubblewrap', 'fuse-overlayfs'],
    works: () => succeeds('bwrap', ['--unshare-user', '--ro-bind', '/', '/', 'true']),
  },
  podman: {
    packages: [
      'podman',
      'runc',
      'netavark',
      'aardvark-dns',
      'iptables',
      'catatonit',
      'uidmap',
      'slirp4netns',
      'busybox-static',
    ],
    works: () => process.getuid?.() === 0 && succeeds('podman', ['info']) && succeeds('busybox', ['true']),
  },
  python: {
    packages: ['python3', 'python3-venv', 'python3-pip'],
    works: () =>
      succeeds('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))']),
  },
  rclone: { packages: ['rclone'], works: () => succeeds('rclone', ['version']) },
  openssl: { packages: ['openssl'], works: () => succeeds('openssl', ['version']) },
  fuse: {
    packages: ['fuse3'],
    works: () => existsSync('/dev/fuse') && succeeds('fusermount3', ['--version']),
  },
};

/** What only some tests need, which are not part of `npm test`. */
const further = {
  postgresql: { packages: ['postgresql'], works: () => postgresPrograms() !== undefined },
  chromium: {
    packages: ['chromium'],
    works: () => succeeds('chromium', ['--version']) || succeeds('google-chrome', ['--version']),
  },
  java: { packages: ['default-jre-headless'], works: () => succeeds('java', ['-version']) },
};

/** Installs what is missing, on Debian and Ubuntu as root or with a sudo that asks nothing. @param more of `further` */
export function installComponents(more = []) {
  if (!succeeds('dpkg-query', ['--version'])) return;
  const missing = [...Object.values(components), ...more.map((name) => further[name])].flatMap(
    ({ packages, works }) =>
      packages.every(isInstalled) || works() ? [] : packages.filter((name) => !isInstalled(name)),
  );
  const become = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (missing.length === 0 || (become.length > 0 && !succeeds('sudo', ['-n', 'true']))) return;
  console.log(`Installing what tests need with apt-get, once: ${missing.join(' ')}`);
  const apt = (...args) =>
    retry(() => runs([...become, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args]));
  apt('update');
  // An older release lacks some of Podman's parts, and has others in their place.
  const known = missing.filter((name) => succeeds('apt-cache', ['show', name]));
  apt('install', '-y', '--no-install-recommends', ...known);
}

/** The components that do not work here, each with the test files that need it and how to get it. */
export function missingComponents() {
  return Object.entries(components)
    .filter(([, { works }]) => !works())
    .map(([name, { packages }]) => ({ name, packages, files: filesThatNeed(name) }));
}

/** Test files say what they need in a line of their own: `// Needs: podman, python`. @returns paths from the root */
export function filesThatNeed(component) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((file) => needsOf(file).includes(component));
}

function needsOf(file) {
  const line = /^\/\/ Needs: (.+)$/m.exec(readFileSync(join(root, file), 'utf8'));
  const names = line ? line[1].split(',').map((name) => name.trim()) : [];
  const unknown = names.find((name) => !(name in components));
  if (unknown) throw new Error(`${file} needs '${unknown}': expected ${Object.keys(components).join(', ')}`);
  return names;
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

function succeeds(program, args) {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

function runs([program, ...args]) {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 900_000 }).status === 0;
}

/** A mirror that is out for a moment. */
function retry(action) {
  for (let attempt = 1; attempt <= 5 && !action(); attempt++) spawnSync('sleep', [String(attempt * 3)]);
}
