import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ML_ROOT } from '../../contract/paths.ts';
import { hostPath } from '../../hosts/index.ts';
import type { ProgramHost } from './host-program.ts';
import { readSources } from './read-sources.ts';

/** `.ts`, or `.js` once compiled. */
const EXTENSION = extname(fileURLToPath(import.meta.url));
const SOURCE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'job', `index${EXTENSION}`);
const PACKAGE = { name: 'sluice', type: 'module', exports: { './job': './job.js' } };

/**
 * Lets a Node script find `sluice/job` where its code asks for it: as a package in a directory in which Node.js looks from every
 * place below `/opt/ml`.
 *
 * @param code where the script's code is on this machine
 */
export async function provideJobModule(host: ProgramHost, code: string): Promise<void> {
  const sources = await readSources(code, /\.[cm]?[jt]s$/);
  if (!sources.some((source) => source.includes('sluice/job'))) return;
  const directory = join(hostPath(host.mlDirectory, ML_ROOT), 'node_modules', 'sluice');
  await mkdir(directory, { recursive: true });
  const source = await readFile(SOURCE, 'utf8');
  await writeFile(join(directory, 'job.js'), EXTENSION === '.ts' ? stripTypeScriptTypes(source) : source);
  await writeFile(join(directory, 'package.json'), JSON.stringify(PACKAGE));
}
