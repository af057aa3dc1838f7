// Started by bin/sluice.cjs. Imports nothing of its own before it must: `--version` is answered from here.
import { readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';

const [first, ...rest] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 24) {
  // Started by itself, with a Node that is too old: the launcher finds another one, or says what to do.
  createRequire(import.meta.url)('../../bin/sluice.cjs');
} else if ((first === '--version' || first === '-V') && rest.length === 0) {
  console.log(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
} else {
  module.enableCompileCache();
  const { runCli } = await import('./program.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}
