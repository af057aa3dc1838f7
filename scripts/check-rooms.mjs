// The compiler's old API, which dependency-cruiser reads TypeScript with, is gone in TypeScript 7: so it is shown a
// copy of the tree as JavaScript. Type imports count as imports there: a type binds two rooms as much as a value.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { root, run } from './support/project.mjs';

process.removeAllListeners('warning');

const copy = join(root, '.cache', 'rooms');
rmSync(copy, { recursive: true, force: true });
for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && entry.name.endsWith('.ts')) copyAsJavaScript(join(entry.parentPath, entry.name));
}
cpSync(join(root, 'package.json'), join(copy, 'package.json'));
process.exitCode = await run('depcruise', ['src', '--config', join(root, '.dependency-cruiser.mjs')], {
  cwd: copy,
});

function copyAsJavaScript(file) {
  const source = readFileSync(file, 'utf8')
    .replace(/^(import|export) type (?=[\w{*])(?=[^=;]*? from )/gm, '$1 ')
    .replace(/^((?:import|export)\b[^;'"]*|.*\bimport\()(['"])(\.[^'"]*)\.ts\2/gm, '$1$2$3.js$2');
  const target = join(copy, relative(root, file)).replace(/\.ts$/, '.js');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, stripTypeScriptTypes(source));
}
