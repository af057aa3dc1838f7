import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { syncCheckpoints } from '../channels/index.ts';
import { CHECKPOINT_DIRECTORY } from '../contract/paths.ts';
import { bestEffort, duringStage } from './failure.ts';
import { hostPath, type JobHost } from './job-host.ts';
import type { JobLife } from './job-life.ts';

/** Checkpoints of a job that are being synced. */
export interface Checkpoints {
  /** Ends it, after a last upload; what fails stands in the log. */
  close(): Promise<void>;
}

/** Restores the job's checkpoints on every host, then uploads them while the job runs. @throws JobFailure */
export async function startCheckpoints(
  life: JobLife<CreateTrainingJobRequest>,
  hosts: readonly JobHost[],
): Promise<Checkpoints> {
  const config = life.request.CheckpointConfig;
  if (!config?.S3Uri) return { close: () => Promise.resolve() };
  const { S3Uri: uri, LocalPath: path = CHECKPOINT_DIRECTORY } = config;
  const { stores } = life.context;
  const syncs = await duringStage('Checkpoint download failed', () =>
    Promise.all(
      hosts.map((host) =>
        syncCheckpoints({
          directory: hostPath(host.mlDirectory, path),
          root: host.mlDirectory,
          names: [path],
          onLeftOut: (message) => host.log.note(`Warning: ${path}: ${message}`),
          uri,
          stores,
          onError: (error) => host.log.note(`Checkpoints not uploaded: ${String(error)}`),
        }),
      ),
    ),
  );
  return {
    close: async () => {
      await Promise.all(syncs.map((sync) => bestEffort(hosts, () => sync.close())));
    },
  };
}
