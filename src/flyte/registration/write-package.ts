import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { writeWhole } from '../../core/write-whole.ts';
import { type AdminMessage, admin } from './admin/admin-protos.ts';
import type { EntityId, FlytePackage } from './plan/messages.ts';

/** The last digit of a file's name, by which flytectl knows what it holds. */
const kinds = { TASK: 1, WORKFLOW: 2, LAUNCH_PLAN: 3 } as const;

/** A file of a package that was written before. */
const OWN = /^\d+_.+_[123]\.pb$/;

/**
 * Writes what `pyflyte package` puts into its archive: one file for each entity, in the order in which they are
 * registered. `flytectl register files DIRECTORY/*` takes them. A package that lies there gives way.
 *
 * @returns the paths of the files
 * @throws SluiceError `InvalidArgument` where the directory holds something else, or cannot be written
 */
export async function writePackage(planned: FlytePackage, directory: string): Promise<string[]> {
  const files = packageFiles(planned);
  try {
    await mkdir(directory, { recursive: true });
    await clear(directory);
    for (const { name, bytes } of files) writeWhole(join(directory, name), bytes);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError(
      'InvalidArgument',
      `--dry-run: '${directory}' cannot be written: ${errorMessage(cause)}`,
      { cause },
    );
  }
  return files.map(({ name }) => join(directory, name));
}

/** All that lies in the directory is registered: nothing of another package may stay. */
async function clear(directory: string): Promise<void> {
  const names = await readdir(directory);
  const foreign = names.find((name) => !OWN.test(name));
  if (foreign !== undefined)
    throw new SluiceError(
      'InvalidArgument',
      `--dry-run: '${directory}' holds something else than a package: ${foreign}.`,
      { hint: 'Name an empty directory, or one that is not there yet.' },
    );
  for (const name of names) await rm(join(directory, name));
}

interface PackageFile {
  readonly name: string;
  readonly bytes: Buffer;
}

function packageFiles({ tasks, workflow, launchPlans }: FlytePackage): PackageFile[] {
  const entities: [EntityId, AdminMessage, object][] = [
    ...tasks.map((task): [EntityId, AdminMessage, object] => [task.template.id, 'TaskSpec', task]),
    [workflow.template.id, 'WorkflowSpec', workflow],
    ...launchPlans.map((plan): [EntityId, AdminMessage, object] => [plan.id, 'LaunchPlan', plan]),
  ];
  const width = String(entities.length - 1).length;
  return entities.map(([id, type, message], index) => ({
    name: `${String(index).padStart(width, '0')}_${fileName(id.name)}_${kinds[id.resourceType]}.pb`,
    bytes: admin(type).encode(message),
  }));
}

/** The longest that a name may be in a file's, characters. */
const MAX_NAME = 200;

function fileName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  if (safe.length <= MAX_NAME) return safe;
  return `${safe.slice(0, MAX_NAME)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}
