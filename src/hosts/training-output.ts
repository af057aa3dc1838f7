import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { type Staging, uploadArchive, uploadDirectory } from '../channels/index.ts';
import { MODEL_DIRECTORY, OUTPUT_DATA_DIRECTORY } from '../contract/paths.ts';
import { bestEffort, duringStage } from './failure.ts';
import type { Host } from './host.ts';
import type { HostLife } from './host-life.ts';
import { MERGED_DIRECTORY, mergeHosts } from './merge-hosts.ts';
import { uploadSignal } from './upload-signal.ts';

/** What to upload of a training job. */
export interface TrainingOutputOptions {
  readonly life: HostLife<CreateTrainingJobRequest>;
  readonly hosts: readonly Host[];
  readonly staging: Staging;
  /** The model too: not after a failure. */
  readonly model: boolean;
  /** After a stop or a failure: goes as far as it can instead of failing. */
  readonly bestEffort: boolean;
}

/** S3 URIs of what was staged. */
export interface TrainingArtifacts {
  readonly modelArtifacts?: string;
  readonly outputArtifacts?: string;
}

/** Stages /opt/ml/model and /opt/ml/output/data, the contents of all hosts together. @throws JobFailure */
export async function uploadTrainingOutput(options: TrainingOutputOptions): Promise<TrainingArtifacts> {
  const upload = (path: string, name: string): Promise<string | undefined> =>
    options.bestEffort
      ? bestEffort(options.hosts, () => uploadOne(options, path, name))
      : duringStage('Artifact upload failed', () => uploadOne(options, path, name));
  const output = await upload(OUTPUT_DATA_DIRECTORY, 'output');
  const model = options.model ? await upload(MODEL_DIRECTORY, 'model') : undefined;
  return {
    ...(model !== undefined && { modelArtifacts: model }),
    ...(output !== undefined && { outputArtifacts: output }),
  };
}

/** Resolves with the URI, or with undefined where there was nothing to upload. */
async function uploadOne(
  { life, hosts, staging }: TrainingOutputOptions,
  path: string,
  name: string,
): Promise<string | undefined> {
  const { OutputDataConfig: config } = life.request;
  const { stores } = life.context;
  const base = `${config?.S3OutputPath?.replace(/\/+$/, '')}/${life.request.TrainingJobName}/output`;
  const merged = { root: life.directory, path: `${MERGED_DIRECTORY}/${name}` };
  const signal = uploadSignal(life);
  const onLeftOut = (message: string): void => hosts[0]?.log.note(`Warning: ${path}: ${message}`);
  const options = { ...(await mergeHosts(hosts, path, merged)), stores, signal, onLeftOut, staging };
  if (config?.CompressionType === 'NONE') {
    const uri = `${base}/${name === 'model' ? 'model' : 'data'}/`;
    return (await uploadDirectory({ ...options, uri })).objects > 0 ? uri : undefined;
  }
  const uri = `${base}/${name}.tar.gz`;
  return (await uploadArchive({ ...options, uri })) ? uri : undefined;
}
