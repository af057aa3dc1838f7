import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clientError } from '../../contract/failure-reason.ts';
import { CODE_DIRECTORY, relativeToMl } from '../../contract/paths.ts';
import { JobFailure, unpackForJob } from '../../hosts/index.ts';
import type { PrepareProgramOptions } from './host-program.ts';
import { placeInJob } from './place-in-job.ts';

/**
 * Brings the code to /opt/ml/code, if nothing is there yet.
 *
 * @param submitted `sagemaker_submit_directory`: `s3://…`, or a path in the job
 * @param directory where /opt/ml/code is on this machine
 * @throws JobFailure
 */
export async function unpackCode(
  submitted: string | undefined,
  { life, host, mounts }: PrepareProgramOptions,
  directory: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  if (submitted === undefined || submitted === CODE_DIRECTORY) return;
  if ((await readdir(directory)).length > 0) return;
  if (submitted.startsWith('s3://')) {
    return unpackForJob({ life, host, uri: submitted, path: CODE_DIRECTORY });
  }
  const path = submitted.replace(/^file:\/\//, '').replace(/\/+$/, '');
  if (relativeToMl(path) === undefined) {
    throw new JobFailure(
      clientError(`sagemaker_submit_directory: expected s3://… or a path under /opt/ml, got '${submitted}'.`),
    );
  }
  const place = placeInJob(host, mounts, path);
  const stats = await stat(place).catch(() => undefined);
  if (stats?.isDirectory()) return cp(place, directory, { recursive: true });
  if (stats && /\.(?:tar\.gz|tgz)$/.test(path)) {
    return unpackForJob({ life, host, uri: pathToFileURL(place).href, path: CODE_DIRECTORY });
  }
  if (stats) return cp(place, join(directory, path.slice(path.lastIndexOf('/') + 1)));
  throw new JobFailure(clientError(`sagemaker_submit_directory: '${submitted}' does not exist in the job.`));
}
