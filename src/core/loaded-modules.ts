import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What each module of a user has imported, by path. */
const imports = new Map<string, Set<string>>();

/** A path of a module in a text that imports it, now or later, or that reads a file beside itself. */
const NAMED = [
  /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g,
  /\bimport\s*\(?\s*(['"`])(\.{1,2}\/[^'"`\n$]+)\1/g,
  /\brequire\s*\(\s*(['"`])(\.{1,2}\/[^'"`\n$]+)\1/g,
  /\bnew\s+URL\s*\(\s*(['"`])(\.{1,2}\/[^'"`\n$]+)\1\s*,\s*import\.meta\.url/g,
];

/** Notes that one module has imported another. */
export function noteImport(parent: string | undefined, url: string): void {
  if (!isOwn(parent) || !isOwn(url)) return;
  const path = fileURLToPath(parent);
  const children = imports.get(path) ?? new Set();
  imports.set(path, children.add(fileURLToPath(url)));
}

/**
 * A module with all that it imports, however deep: what was loaded, and what its text names with a relative path. What
 * lies in `node_modules` is left out.
 *
 * @param path absolute, of a module that was loaded
 */
export function modulesOf(path: string): string[] {
  const found = new Set([path]);
  for (const each of found) {
    for (const child of imports.get(each) ?? []) found.add(child);
    for (const child of namedIn(each)) found.add(child);
  }
  return [...found];
}

function isOwn(url: string | undefined): url is string {
  return url !== undefined && url.startsWith('file:') && !url.includes('/node_modules/');
}

function namedIn(path: string): string[] {
  if (!/\.[cm]?[jt]s$/.test(path)) return [];
  const text = readFileSync(path, 'utf8');
  const names = NAMED.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[2] as string));
  return names
    .map((name) => resolve(dirname(path), name))
    .filter(
      (file) => !file.includes('/node_modules/') && statSync(file, { throwIfNoEntry: false })?.isFile(),
    );
}
