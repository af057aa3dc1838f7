import { dirname, join } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { syncCheckpoints } from '../channels/index.ts';
import { clientError } from '../contract/failure-reason.ts';
import type { Mount } from '../contract/mount.ts';
import { CHECKPOINT_DIRECTORY, relativeToMl } from '../contract/paths.ts';
import { errorMessage } from '../core/errors.ts';
import { bestEffort, JobFailure, stageFailure } from './failure.ts';
import { type Host, hostPath } from './host.ts';
import type { HostLife } from './host-life.ts';

/** Checkpoints of a job that are being synced. */
export interface Checkpoints {
  /** What to show each host, by its index: directories of checkpoints outside of /opt/ml. */
  readonly mounts: readonly (readonly Mount[])[];
  /** Ends it, after a last upload; what fails stands in the log. */
  close(): Promise<void>;
}

/** Beside a host's own directories. */
const OUTSIDE = 'checkpoints.outside';
/** What the sandbox shows read-only, or is the system's own. */
const SYSTEM = /^\/(?:bin|boot|dev|etc|lib\d*|proc|run|sbin|sys|usr)?(?:\/|$)/;

/** The directory of a job's checkpoints, in the job; undefined where it has none. @throws JobFailure */
export function checkpointPath({ CheckpointConfig: config }: CreateTrainingJobRequest): string | undefined {
  if (!config) return undefined;
  const path = config.LocalPath ?? CHECKPOINT_DIRECTORY;
  if (relativeToMl(path) !== undefined) return path;
  if (!path.startsWith('/') || path.split('/').includes('..')) throw refusal(path, 'is no absolute path.');
  if (SYSTEM.test(path))
    throw refusal(path, "is the system's: choose a directory such as /opt/ml/checkpoints.");
  return path;
}

/** As {@link checkpointPath}, where the executor can show it. */
function shownCheckpointPath({ request, context }: HostLife<CreateTrainingJobRequest>): string | undefined {
  const path = checkpointPath(request);
  const { name, capabilities } = context.executor;
  if (path === undefined || relativeToMl(path) !== undefined || capabilities.mounts) return path;
  throw refusal(
    path,
    `lies outside of /opt/ml, which a ${name} cannot be shown: choose one below /opt/ml, or --executor sandbox.`,
  );
}

function refusal(path: string, reason: string): JobFailure {
  return new JobFailure(clientError(`CheckpointConfig.LocalPath: '${path}' ${reason}`));
}

/** Restores the job's checkpoints on every host, then uploads them while the job runs. @throws JobFailure */
export async function startCheckpoints(
  life: HostLife<CreateTrainingJobRequest>,
  hosts: readonly Host[],
): Promise<Checkpoints> {
  const uri = life.request.CheckpointConfig?.S3Uri;
  const path = shownCheckpointPath(life);
  if (uri === undefined || path === undefined) return { mounts: [], close: () => Promise.resolve() };
  const { stores } = life.context;
  const places = hosts.map((host) => checkpointPlace(host, path));
  const starts = await Promise.allSettled(
    hosts.map((host, index) =>
      syncCheckpoints({
        ...(places[index] as CheckpointPlace),
        names: [path],
        onLeftOut: (message) => host.log.note(`Warning: ${path}: ${message}`),
        uri,
        stores,
        signal: life.stopSignal,
        uploadSignal: life.lostSignal,
        onError: (error) => host.log.note(`Checkpoints not uploaded: ${errorMessage(error)}`),
      }),
    ),
  );
  const syncs = starts.flatMap((start) => (start.status === 'fulfilled' ? start.value : []));
  const close = async (): Promise<void> => {
    await Promise.all(syncs.map((sync) => bestEffort(hosts, () => sync.close())));
  };
  const refused = starts.find((start) => start.status === 'rejected');
  if (refused) {
    await close();
    throw stageFailure('Checkpoint download failed', refused.reason);
  }
  return {
    mounts: places.map(({ root, directory }) =>
      root === directory ? [{ source: directory, target: path, readOnly: false }] : [],
    ),
    close,
  };
}

/** Where checkpoints lie on this machine. */
interface CheckpointPlace {
  readonly root: string;
  readonly directory: string;
}

function checkpointPlace({ mlDirectory }: Host, path: string): CheckpointPlace {
  if (relativeToMl(path) !== undefined) {
    return { root: mlDirectory, directory: hostPath(mlDirectory, path) };
  }
  const directory = join(dirname(dirname(mlDirectory)), OUTSIDE);
  return { root: directory, directory };
}
