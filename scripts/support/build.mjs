import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundle } from './bundle.mjs';
import { cache, root, run } from './project.mjs';

const stampFile = join(cache, 'built');

/** Compiles src to dist where src has changed since the last time. Resolves with the compiler's exit code. */
export async function buildOnce() {
  const fingerprint = sourceFingerprint();
  if (
    existsSync(join(root, 'dist')) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === fingerprint
  )
    return 0;
  const started = Date.now();
  const code = await build();
  if (code !== 0) return code;
  writeFileSync(stampFile, fingerprint);
  console.log(`Compiled src to dist in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  return 0;
}

/** Into a directory of its own first, so that an interrupted build leaves the old dist whole. */
async function build() {
  const target = join(cache, `dist-${process.pid}`);
  mkdirSync(cache, { recursive: true });
  try {
    const code = await run('tsc', ['-p', 'tsconfig.build.json', '--outDir', target]);
    if (code !== 0) return code;
    const files = sourceFiles();
    for (const file of files.filter((name) => !name.endsWith('.ts'))) copy(file, target);
    await bundle(target);
    nameModules(target);
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    renameSync(target, join(root, 'dist'));
    linkProgram();
    return 0;
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** Node looks for the package of every module, from its directory upwards: found there, `serve` starts a tenth faster. */
function nameModules(target) {
  const modules = readdirSync(target, { recursive: true }).filter((name) => name.endsWith('.js'));
  for (const directory of new Set(modules.map(dirname)))
    writeFileSync(join(target, directory, 'package.json'), '{"type":"module"}\n');
}

/** So that `npx sluice` finds the clone's own program. */
function linkProgram() {
  const link = join(root, 'node_modules', '.bin', 'sluice');
  rmSync(link, { force: true });
  symlinkSync(join('..', '..', 'bin', 'sluice.cjs'), link);
}

function copy(file, target) {
  const destination = join(target, file);
  mkdirSync(dirname(destination), { recursive: true });
  cpSync(join(root, 'src', file), destination);
}

function sourceFiles() {
  return (
    readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
      // Python may have left compiled files beside its sources.
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
      .map((entry) => relative(join(root, 'src'), join(entry.parentPath, entry.name)))
      .sort()
  );
}

function sourceFingerprint() {
  const hash = createHash('sha256');
  const scripts = ['build', 'bundle'].map((name) => `../scripts/support/${name}.mjs`);
  const settings = ['../tsconfig.json', '../tsconfig.build.json', '../package.json'];
  for (const file of [...scripts, ...settings, ...sourceFiles()]) {
    const { mtimeMs, size } = statSync(join(root, 'src', file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}
