import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `.ts`, or `.js` once compiled. */
const EXTENSION = extname(fileURLToPath(import.meta.url));
const SOURCE = join(import.meta.dirname, '..', 'job', `index${EXTENSION}`);
const PACKAGE = { name: 'sluice', type: 'module', exports: { './job': './job.js' } };

/** Where Node.js looks for the package of `sluice/job`, below a directory above the script. */
export const JOB_MODULE_DIRECTORY = 'node_modules/sluice';

/** The files of the package by which a script for Node.js finds `sluice/job`, by name. */
export async function jobModule(): Promise<Readonly<Record<string, string>>> {
  const source = await readFile(SOURCE, 'utf8');
  return {
    'package.json': JSON.stringify(PACKAGE),
    'job.js': EXTENSION === '.ts' ? stripTypeScriptTypes(source) : source,
  };
}
