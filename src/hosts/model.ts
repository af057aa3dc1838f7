import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { prepareInput } from '../channels/index.ts';
import { isMultiModel } from '../contract/model-containers.ts';
import type { Mount } from '../contract/mount.ts';
import { CODE_DIRECTORY, MODEL_DIRECTORY } from '../contract/paths.ts';
import { modelCode, withModelCode } from '../contract/submitted-code.ts';
import { unpackForJob } from './archive.ts';
import { stageFailure } from './failure.ts';
import type { Host } from './host.ts';
import { hostPath } from './host.ts';
import type { HostContext } from './host-life.ts';

/** What a model is brought with: of a job's life, or of an endpoint's. */
export interface ModelLife {
  readonly context: Pick<HostContext, 'stores' | 'executor' | 'configuration'>;
  readonly stopSignal: AbortSignal;
}

/** A model on one host, ready to be served. */
export interface PreparedModel {
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  close(): Promise<void>;
}

/**
 * Puts a model's artifacts at /opt/ml/model and its code, if it has its own archive, at /opt/ml/code. The models of a
 * multi-model container are brought when they are asked for.
 */
export async function prepareModel(
  life: ModelLife,
  host: Host,
  container: ContainerDefinition,
): Promise<PreparedModel> {
  try {
    const artifacts = await prepareArtifacts(life, host, container);
    const environment = await prepareCode(life, host, container.Environment ?? {});
    return { environment, ...artifacts };
  } catch (error) {
    throw stageFailure('Failed to download model data', error);
  }
}

async function prepareArtifacts(
  life: ModelLife,
  host: Host,
  container: ContainerDefinition,
): Promise<Omit<PreparedModel, 'environment'>> {
  const source = container.ModelDataSource?.S3DataSource;
  const uri = container.ModelDataUrl ?? source?.S3Uri;
  const directory = hostPath(host.mlDirectory, MODEL_DIRECTORY);
  const nothing = { mounts: [], close: async () => undefined };
  if (uri === undefined || isMultiModel(container)) return nothing;
  if (source && source.CompressionType === 'None') return prepareUncompressed(life, host, uri, directory);
  await unpackForJob({ life, host, uri, path: MODEL_DIRECTORY });
  return nothing;
}

async function prepareUncompressed(
  life: ModelLife,
  host: Host,
  uri: string,
  directory: string,
): Promise<Omit<PreparedModel, 'environment'>> {
  const input = await prepareInput({
    channel: { name: 'model', uri, inputMode: 'File' },
    host: { index: 0, count: 1 },
    target: MODEL_DIRECTORY,
    directory,
    root: host.mlDirectory,
    mounts: life.context.executor.capabilities.mounts,
    stores: life.context.stores,
    signal: life.stopSignal,
  });
  for (const note of input.notes) host.log.note(note);
  return { mounts: input.mounts, close: () => input.close() };
}

/** An archive of code in S3, as SageMaker's SDK names it, becomes a directory in the job. */
async function prepareCode(
  life: ModelLife,
  host: Host,
  environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const uri = modelCode(environment);
  if (uri !== undefined) await unpackForJob({ life, host, uri, path: CODE_DIRECTORY });
  return withModelCode(environment);
}
