import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './project.mjs';

const node = process.execPath;

/** Two at a time: those that use every processor one after the other, beside those that use one. */
const lanes = [
  [
    ['lock file', node, ['scripts/complete-lock.mjs', '--check']],
    ['types', 'tsc', ['-p', '.']],
    ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
    ['format', 'biome', ['check', '--linter-enabled=false']],
  ],
  [
    ['Python', node, ['scripts/check-python.mjs']],
    ['room rules', node, ['scripts/check-rooms.mjs']],
    ['dead code', 'knip', ['--no-progress']],
  ],
];

/** Types, lint, format, room rules, dead code: all of them, so that one run shows everything. Resolves with 0 or 1. */
export async function checkAll() {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-checks-'));
  try {
    const codes = await Promise.all(lanes.map((checks) => runInTurn(checks, directory)));
    return codes.flat().every((code) => code === 0) ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function runInTurn(checks, directory) {
  const codes = [];
  for (const check of checks) codes.push(await runCheck(check, directory));
  return codes;
}

/** Its output comes as a whole, so that two do not mix. */
async function runCheck([name, program, args], directory) {
  const started = Date.now();
  const file = join(directory, name);
  const output = openSync(file, 'w');
  const code = await run(program, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  process.stdout.write(readFileSync(file));
  console.log(`${code === 0 ? '✔' : '✖'} ${String(name)} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return code;
}
