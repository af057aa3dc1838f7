import { run } from './project.mjs';

const checks = [
  ['lock file', process.execPath, ['scripts/complete-lock.mjs', '--check']],
  ['types', 'tsc', ['-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'biome', ['check', '--linter-enabled=false']],
  ['Python', process.execPath, ['scripts/check-python.mjs']],
  ['room rules', process.execPath, ['scripts/check-rooms.mjs']],
  ['dead code', 'knip', ['--no-progress']],
];

/** Types, lint, format, room rules, dead code: all of them, so that one run shows everything. Resolves with 0 or 1. */
export async function checkAll() {
  let failed = 0;
  for (const [name, program, args] of checks) {
    const started = Date.now();
    const code = await run(program, args);
    console.log(
      `${code === 0 ? '✔' : '✖'} ${String(name)} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
    if (code !== 0) failed = 1;
  }
  return failed;
}
