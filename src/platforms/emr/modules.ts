import { posix } from 'node:path';
import { REQUIREMENTS_FILE } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import type { ProcessingTask } from '../../graph/index.ts';

/** The modules that the application's script finds beside itself elsewhere, and that EMR has to be told of. Pure. */
export function modulesOf({ script }: ProcessingTask, files: readonly { readonly path: string }[]): string[] {
  if (!script?.entry.endsWith('.py')) return [];
  const beside = posix.dirname(script.entry);
  return files
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.py') && path !== script.entry && posix.dirname(path) === beside);
}

/** @throws SluiceError `InvalidArgument` where packages are asked for that EMR would not install */
export function refuseRequirements(task: ProcessingTask, files: readonly { readonly path: string }[]): void {
  if (!files.some(({ path }) => path === REQUIREMENTS_FILE)) return;
  if (task.spark?.conf?.['spark.archives'] !== undefined) return;
  throw new SluiceError(
    'InvalidArgument',
    `EMR cannot run task '${task.name}': nothing installs its ${REQUIREMENTS_FILE} there.`,
    {
      hint: "Pack them into an archive (venv-pack) and name it in spark.conf: 'spark.archives'; or leave requirements.txt out of the code, where the application has what it needs.",
    },
  );
}
