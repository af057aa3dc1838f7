import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mount } from '../../contract/mount.ts';
import type { ExecutorCapabilities } from '../../executors/index.ts';
import { servingRuntime } from '../images.ts';

/** What serves a model. */
export interface ServingProgram {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

/** Where a job sees the serving half. */
const JOB_DIRECTORY = '/opt/sluice';

/** The program that serves a model of this image. @throws JobFailure when there is none. */
export function servingProgram(image: string | undefined, executor: ExecutorCapabilities): ServingProgram {
  servingRuntime(image);
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const file = `serving/serve${extname(fileURLToPath(import.meta.url))}`;
  if (!executor.mounts) return { command: ['node', join(root, file)], environment: {}, mounts: [] };
  return {
    command: ['node', `${JOB_DIRECTORY}/${file}`],
    environment: {},
    mounts: [
      { source: join(root, 'serving'), target: `${JOB_DIRECTORY}/serving`, readOnly: true },
      // It says that the files are ES modules.
      { source: join(root, '..', 'package.json'), target: `${JOB_DIRECTORY}/package.json`, readOnly: true },
    ],
  };
}
