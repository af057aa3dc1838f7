// The compiled modules of src, one by one: the program has them put together in few files. To strip types takes time and
// memory, which no user's process takes.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'node_modules/.cache/sluice/bench');

// Processes that a benchmark starts find what it has compiled.
if (process.env['SLUICE_BENCH_COMPILED'] !== target) {
  const args = ['-p', join(root, 'tsconfig.build.json'), '--outDir', target];
  const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), args, { stdio: 'inherit' });
  if (status !== 0) throw new Error('src does not compile.');
  writeFileSync(join(target, 'package.json'), '{"type":"module"}\n');
  process.env['SLUICE_BENCH_COMPILED'] = target;
}

/** Loads a compiled module by its path below src, `core/account.js`. */
export const compiled = (path) => import(join(target, path));
