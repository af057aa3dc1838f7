import { join } from 'node:path';
import type { CreateProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { bestEffort, duringStage } from './failure.ts';
import { uploadDirectory } from './interim-uploads.ts';
import type { JobHost } from './job-host.ts';
import type { JobLife } from './job-life.ts';
import { mergeHosts } from './merge-hosts.ts';

type ProcessingLife = JobLife<CreateProcessingJobRequest>;

/** An output of a processing job that goes to S3. */
export interface ProcessingOutputPlan {
  readonly name: string;
  /** Path in the job. */
  readonly localPath: string;
  readonly uri: string;
  readonly continuous: boolean;
}

/** What to upload of a processing job. */
export interface ProcessingOutputOptions {
  readonly life: ProcessingLife;
  readonly hosts: readonly JobHost[];
  /** After a stop or a failure: goes as far as it can instead of failing. */
  readonly bestEffort: boolean;
}

/** The outputs of a request that go to S3. Pure. */
export function processingOutputs(request: CreateProcessingJobRequest): ProcessingOutputPlan[] {
  return (request.ProcessingOutputConfig?.Outputs ?? []).flatMap((output) => {
    const target = output.S3Output;
    if (!target?.S3Uri || !target.LocalPath) return [];
    return {
      name: output.OutputName as string,
      localPath: target.LocalPath,
      uri: target.S3Uri,
      continuous: target.S3UploadMode === 'Continuous',
    };
  });
}

/** Uploads every output, the contents of all hosts together. @throws JobFailure that names the output */
export async function uploadProcessingOutputs(options: ProcessingOutputOptions): Promise<void> {
  for (const output of processingOutputs(options.life.request)) {
    const upload = (): Promise<void> => uploadOne(options, output);
    if (options.bestEffort) await bestEffort(options.hosts, upload);
    else await duringStage(`Output upload failed for '${output.name}'`, upload);
  }
}

async function uploadOne(
  { life, hosts }: ProcessingOutputOptions,
  output: ProcessingOutputPlan,
): Promise<void> {
  const merged = join(life.record.directory, 'merged', output.name);
  const directory = await mergeHosts(hosts, output.localPath, merged);
  await uploadDirectory({ directory, uri: output.uri, stores: life.context.stores });
}

export async function startContinuousUploads(_life: ProcessingLife, _hosts: readonly JobHost[]) {
  return { close: async () => undefined };
}
