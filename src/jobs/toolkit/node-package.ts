import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JOB_MODULE_DIRECTORY, jobModule } from '../../bundles/index.ts';
import { ML_ROOT } from '../../contract/paths.ts';
import { hostPath } from '../../hosts/index.ts';
import type { ProgramHost } from './host-program.ts';
import { readSources } from './read-sources.ts';

/**
 * Lets a Node script find `sluice/job` where its code asks for it: as a package in a directory in which Node.js looks from every
 * place below `/opt/ml`.
 *
 * @param code where the script's code is on this machine
 */
export async function provideJobModule(host: ProgramHost, code: string): Promise<void> {
  const sources = await readSources(code, /\.[cm]?[jt]s$/);
  if (!sources.some((source) => source.includes('sluice/job'))) return;
  const directory = join(hostPath(host.mlDirectory, ML_ROOT), JOB_MODULE_DIRECTORY);
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(await jobModule())) await writeFile(join(directory, name), text);
}
