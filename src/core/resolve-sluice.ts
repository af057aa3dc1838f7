import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { noteImport } from './loaded-modules.ts';

const doors: Readonly<Record<string, string>> = {
  sluice: '../index',
  'sluice/serving': '../serving/index',
  'sluice/job': '../job/index',
};

/** What the format becomes when a file's syntax is that of a module, whatever its package.json says. */
const moduleFormats: Readonly<Record<string, string>> = {
  commonjs: 'module',
  'commonjs-typescript': 'module-typescript',
};

/** An import or export statement; `import(…)` stands in scripts too. */
const moduleSyntax = /^\s*(?:import\s*[\w{*'"]|export\s*[\w{*])/m;

/**
 * Makes `import … from 'sluice'` in a user's file lead to this very package, wherever the file lies and whether or
 * not the package is installed beside it. Two copies of the package in one process would not know each other's tasks.
 * A file written as a module is one, also in a package that `npm init` has declared to be `commonjs`.
 */
export function resolveSluiceHere(): void {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  registerHooks({
    resolve(specifier, context, next) {
      const door = doors[specifier];
      if (door === undefined) {
        const found = next(specifier, context);
        noteImport(context.parentURL, found.url);
        return found;
      }
      return { url: new URL(`${door}${extension}`, import.meta.url).href, shortCircuit: true };
    },
    load(url, context, next) {
      const format = moduleFormats[context.format ?? ''];
      return next(url, format && isModule(url) ? { ...context, format } : context);
    },
  });
}

/** Whether a user's own file, not one of an installed package, is written as a module. */
function isModule(url: string): boolean {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return false;
  return moduleSyntax.test(readFileSync(fileURLToPath(url), 'utf8'));
}
