#!/usr/bin/env node
// Imports nothing of its own before it must: `--version` is answered from here.
import { readFileSync } from 'node:fs';
import module from 'node:module';

const oldestNode = 24;
const [first, ...rest] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  console.error(
    `sluice needs Node.js ${oldestNode} or newer; this is ${process.version}. See https://nodejs.org/`,
  );
  process.exitCode = 1;
} else if ((first === '--version' || first === '-V') && rest.length === 0) {
  console.log(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
} else {
  module.enableCompileCache();
  const { runCli } = await import('./program.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}
