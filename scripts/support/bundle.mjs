import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { root } from './project.mjs';

/** Where the code is, below dist: all of it side by side, so that what asks for its own place gets one answer. */
const CHUNKS = 'chunks';

/** They run inside jobs, and are shown to them as they are. */
const OF_JOBS = /^(serving|job|toolkit)\//;

/** What starts the rest, and has to parse on every Node. */
const STARTER = 'cli/main.js';

/** Others load by these names: users, `main.js`, and `new Worker(…)`. */
const DOORS = /^(index|cli\/program|.*-worker)\.js$/;

/** Packages of many small files, which most commands need. */
const WITHIN = ['zod', 'yaml'];

/** These ask where the code is that runs, not where their own source has its files. */
const OF_THE_CODE = new Set(['sdk/call-site.js', 'cli/import-user-file.js']);

/**
 * Puts the hundreds of compiled modules of a directory together into few: Node looks for each one and links it at every
 * start, which was half of the processor time that a command took.
 */
export async function bundle(target) {
  // A fresh clone has it once the packages are installed.
  const { rolldown } = await import('rolldown');
  const directory = realpathSync(target);
  const modules = compiledModules(directory);
  const doors = modules.filter((module) => DOORS.test(module));
  const build = await rolldown({
    input: Object.fromEntries(doors.map((door) => [nameOf(door), join(directory, door)])),
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && !WITHIN.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [placesOf(directory), modulesOfNode],
  });
  await build.write({
    dir: join(directory, CHUNKS),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  for (const module of modules) if (module !== STARTER) rmSync(join(directory, module));
  for (const door of doors) writeDoor(directory, door);
  writeFileSync(join(directory, CHUNKS, 'LICENSES'), WITHIN.map(licenseOf).join('\n\n'));
}

function compiledModules(directory) {
  return readdirSync(directory, { recursive: true })
    .filter((file) => file.endsWith('.js') && !OF_JOBS.test(file))
    .sort((a, b) => (a < b ? -1 : 1));
}

function nameOf(door) {
  return door === 'index.js' ? 'sluice' : basename(door, '.js');
}

function writeDoor(directory, door) {
  const chunk = relative(dirname(door), join(CHUNKS, `${nameOf(door)}.js`));
  const path = chunk.startsWith('.') ? chunk : `./${chunk}`;
  writeFileSync(join(directory, door), `export * from '${path}';\n`);
}

/** Modules that lead to files beside them go on finding them, from where they were compiled to. */
function placesOf(directory) {
  return {
    name: 'places',
    transform(code, id) {
      const module = relative(directory, id);
      if (!code.includes('import.meta') || module.startsWith('..') || OF_THE_CODE.has(module)) return null;
      const path = JSON.stringify(`../${module}`);
      return code
        .replaceAll('import.meta.url', `new URL(${path}, import.meta.url).href`)
        .replaceAll(
          'import.meta.filename',
          `process.getBuiltinModule('node:url').fileURLToPath(new URL(${path}, import.meta.url))`,
        )
        .replaceAll(
          'import.meta.dirname',
          `process.getBuiltinModule('node:path').join(import.meta.dirname, ${JSON.stringify(`../${dirname(module)}`)})`,
        );
    },
  };
}

/**
 * An `import` from a module of Node's own reads every export that it has, and some are made when they are read: that of
 * `node:http` loads what `fetch` needs, 30 ms of a processor at every start.
 */
const modulesOfNode = {
  name: 'modules-of-node',
  renderChunk: (code) =>
    code.replaceAll(
      /^import \{([^}]*)\} from "(node:[\w/]+)";$/gm,
      (_, names, module) =>
        `const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule("${module}");`,
    ),
};

function licenseOf(name) {
  const directory = join(root, 'node_modules', name);
  const file = ['LICENSE', 'LICENSE.md']
    .map((each) => join(directory, each))
    .find((each) => existsSync(each));
  if (file === undefined) throw new Error(`${directory} has no license.`);
  return `${name}\n\n${readFileSync(file, 'utf8')}`;
}
