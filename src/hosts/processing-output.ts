import type { CreateProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { type Staging, startContinuousUpload, uploadDirectory } from '../channels/index.ts';
import { bestEffort, duringStage } from './failure.ts';
import type { Host } from './host.ts';
import { hostPath } from './host.ts';
import type { HostLife } from './host-life.ts';
import { MERGED_DIRECTORY, mergeHosts } from './merge-hosts.ts';
import { uploadSignal } from './upload-signal.ts';

type ProcessingLife = HostLife<CreateProcessingJobRequest>;

/** An output of a processing job that goes to S3. */
export interface ProcessingOutputPlan {
  readonly name: string;
  /** Path in the job. */
  readonly localPath: string;
  readonly uri: string;
  readonly continuous: boolean;
}

/** What to upload of a processing job. */
export interface ProcessingUpload {
  readonly life: ProcessingLife;
  readonly hosts: readonly Host[];
  readonly staging: Staging;
  /** After a stop or a failure: goes as far as it can instead of failing. */
  readonly bestEffort: boolean;
  readonly continuous: ContinuousUploads;
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

/** Uploads that go on while the job runs. */
export interface ContinuousUploads {
  /** Ends them, after a last upload. Never rejects. */
  close(): Promise<void>;
  /** Why the last upload of an output failed. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/** Begins to upload the outputs whose S3UploadMode is Continuous. */
export function startContinuousUploads(life: ProcessingLife, hosts: readonly Host[]): ContinuousUploads {
  const failures = new Map<string, unknown>();
  const uploads = processingOutputs(life.request)
    .filter((output) => output.continuous)
    .flatMap((output) =>
      hosts.map((host) => {
        const directory = hostPath(host.mlDirectory, output.localPath);
        const upload = startContinuousUpload({
          directory,
          root: host.mlDirectory,
          uri: output.uri,
          stores: life.context.stores,
          followLinks: false,
          signal: life.lostSignal,
        });
        return { name: output.name, upload };
      }),
    );
  const close = async (): Promise<void> => {
    await Promise.all(
      uploads.map(({ name, upload }) => upload.close().catch((error: unknown) => failures.set(name, error))),
    );
  };
  return { close, failures };
}

/** Stages every output, the contents of all hosts together. @throws JobFailure that names the output */
export async function uploadProcessingOutputs(options: ProcessingUpload): Promise<void> {
  for (const output of processingOutputs(options.life.request)) {
    const upload = (): Promise<void> => uploadOne(options, output);
    if (options.bestEffort) await bestEffort(options.hosts, upload);
    else await duringStage(`Output upload failed for '${output.name}'`, upload);
  }
}

async function uploadOne(options: ProcessingUpload, output: ProcessingOutputPlan): Promise<void> {
  const { life, hosts, continuous, staging } = options;
  if (continuous.failures.has(output.name)) throw continuous.failures.get(output.name);
  if (output.continuous) return;
  const merged = { root: life.directory, path: `${MERGED_DIRECTORY}/${output.name}` };
  await uploadDirectory({
    ...(await mergeHosts(hosts, output.localPath, merged)),
    uri: output.uri,
    stores: life.context.stores,
    signal: uploadSignal(life),
    staging,
    followLinks: false,
  });
}
