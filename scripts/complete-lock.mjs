// npm can leave optional packages of other platforms out of package-lock.json (https://github.com/npm/cli/issues/4828),
// and `npm ci` then refuses the lock. This adds them, without an integrity; with `--check` it only says so.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './support/project.mjs';

const file = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([path, entry]) => missingOf(path, entry));

if (missing.length > 0 && process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks ${missing.map(({ path }) => path).join(', ')}.\nRun \`npm run lock\` and commit it.`,
  );
  process.exitCode = 1;
} else if (missing.length > 0) {
  for (const { path, entry } of missing) lock.packages[path] = entry;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`Added ${missing.length} optional packages to package-lock.json.`);
}

function missingOf(path, { optionalDependencies = {}, dev }) {
  return Object.entries(optionalDependencies)
    .filter(([name]) => !isLocked(path, name))
    .map(([name, version]) => ({
      path: `node_modules/${name}`,
      entry: {
        version: version.replace(/^[\^~]/, ''),
        ...platformOf(name),
        ...(dev ? { dev } : {}),
        optional: true,
      },
    }));
}

/** Where Node would find it from the package at that path. */
function isLocked(path, name) {
  for (let place = path; ; place = place.slice(0, Math.max(0, place.lastIndexOf('node_modules/') - 1))) {
    if (`${place ? `${place}/` : ''}node_modules/${name}` in lock.packages) return true;
    if (place === '') return false;
  }
}

/** The platform that such packages carry in their names: `cli-linux-x64-musl`, `binding-win32-ia32-msvc`. */
function platformOf(name) {
  const words = name.split(/[-_/]/);
  const os = words.find((word) =>
    /^(android|darwin|linux|win32|freebsd|openbsd|netbsd|sunos|aix|openharmony)$/.test(word),
  );
  const cpu = words.find((word) =>
    /^(x64|arm64|arm|ia32|riscv64|ppc64|s390x|loong64|wasm32|mips64el)$/.test(word),
  );
  const libc = words.includes('musl')
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : undefined;
  return { ...(cpu ? { cpu: [cpu] } : {}), ...(os ? { os: [os] } : {}), ...(libc ? { libc } : {}) };
}
