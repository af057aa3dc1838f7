import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { UploadOptions } from '../channels/index.ts';
import { relativeToMl } from '../contract/paths.ts';
import { checkpointPath, hostPath } from '../hosts/index.ts';
import type { AgentJob } from './agent-job.ts';

/** Where a job's checkpoints lie and go; undefined where it has none. One outside of /opt/ml is a volume at its own path. */
export function checkpointPlace(
  { host }: Pick<AgentJob, 'host'>,
  request: CreateTrainingJobRequest,
): Pick<UploadOptions, 'directory' | 'root' | 'names' | 'uri'> | undefined {
  const uri = request.CheckpointConfig?.S3Uri;
  const path = checkpointPath(request);
  if (uri === undefined || path === undefined) return undefined;
  const isInMl = relativeToMl(path) !== undefined;
  const directory = isInMl ? hostPath(host.mlDirectory, path) : path;
  return { directory, root: isInMl ? host.mlDirectory : path, names: [path], uri };
}
