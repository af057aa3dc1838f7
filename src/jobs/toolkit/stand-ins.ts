import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mount } from '../../contract/mount.ts';
import type { ProgramLife } from './host-program.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'toolkit', 'python');
/** Where a job sees it. */
const TARGET = '/opt/sluice/packages';

/** The directory of the packages that stand for those that no Python of today can have, and how the job sees it. */
export function standIns({ life }: { readonly life: ProgramLife }): {
  readonly path: string;
  readonly mounts: readonly Mount[];
} {
  if (!life.context.executor.capabilities.mounts) return { path: ROOT, mounts: [] };
  return { path: TARGET, mounts: [{ source: ROOT, target: TARGET, readOnly: true }] };
}
