import { registerHooks } from 'node:module';

const doors: Readonly<Record<string, string>> = {
  sluice: '../index',
  'sluice/serving': '../serving/index',
};

/**
 * Makes `import … from 'sluice'` in a user's file lead to this very package, wherever the file lies and whether or
 * not the package is installed beside it. Two copies of the package in one process would not know each other's tasks.
 */
export function resolveSluiceHere(): void {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  registerHooks({
    resolve(specifier, context, next) {
      const door = doors[specifier];
      if (door === undefined) return next(specifier, context);
      return { url: new URL(`${door}${extension}`, import.meta.url).href, shortCircuit: true };
    },
  });
}
