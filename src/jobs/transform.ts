import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { CreateModelInput, CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { joinUri, type Staging, writeObject } from '../channels/index.ts';
import { clientError, TRANSFORM_ALGORITHM_ERROR } from '../contract/failure-reason.ts';
import { hostName } from '../contract/hosts.ts';
import {
  containerNames,
  hasOneContainer,
  isMultiModel,
  type ModelContainers,
  modelContainers,
} from '../contract/model-containers.ts';
import { MODEL_DIRECTORY } from '../contract/paths.ts';
import { transformEnvironment } from '../contract/serving-environment.ts';
import { forEachAtOnce } from '../core/for-each-at-once.ts';
import { parseS3Uri } from '../objects/index.ts';
import type { JobOutcome } from '../state/index.ts';
import { duringStage, JobFailure } from './failure.ts';
import { gpuCount } from './gpus.ts';
import { closeLogs, type JobHost, makeHosts } from './job-host.ts';
import type { JobLife } from './job-life.ts';
import type { ModelService } from './models.ts';
import { commitOutputs } from './publish-outputs.ts';
import { serviceAccessOf } from './service-access.ts';
import { type ModelServers, startModelServers } from './serving/model-server.ts';
import { outputNames } from './transform/output-names.ts';
import {
  type TransformedObject,
  type TransformResult,
  transformObjects,
} from './transform/transform-objects.ts';

type TransformLife = JobLife<CreateTransformJobRequest>;

const STAGED_AT_ONCE = 8;

/** Where answers wait in the job's directory until the job has come through: a stopped job stores nothing. */
export const TRANSFORM_OUTPUT = 'output';

/** The names of a transform job's hosts. Pure. */
export function transformHosts(request: CreateTransformJobRequest): string[] {
  return Array.from({ length: request.TransformResources?.InstanceCount ?? 1 }, (_, index) =>
    hostName(index),
  );
}

/** The life of one batch transform job, from its start to its outcome. */
export async function runTransform(life: TransformLife, models: ModelService): Promise<JobOutcome> {
  const model = transformModel((await models.get(life.request.ModelName as string)).request);
  const instances = transformHosts(life.request).map((name, index) => {
    const names = hasOneContainer(model) ? [name] : containerNames(model).map((each) => `${name}/${each}`);
    const hosts = makeHosts({ life, names, directories: [MODEL_DIRECTORY] });
    return hosts.map((host) => ({ ...host, index }));
  });
  try {
    return await transformOn(life, instances, model);
  } finally {
    closeLogs(instances.flat());
  }
}

/** @throws JobFailure for a model whose requests have to name what they are for, which those of a job cannot. */
function transformModel(request: CreateModelInput): ModelContainers {
  const model = modelContainers(request);
  const what = model.containers.some(isMultiModel)
    ? 'a multi-model container'
    : model.executionMode === 'Direct' && 'containers for direct invocation';
  if (!what) return model;
  throw new JobFailure(
    clientError(`Model '${request.ModelName}' has ${what}, which a batch transform job cannot use.`),
  );
}

async function transformOn(
  life: TransformLife,
  instances: readonly (readonly JobHost[])[],
  { containers, isolated }: ModelContainers,
): Promise<JobOutcome> {
  const { request } = life;
  await life.begin('Starting', 'Starting the model server');
  const servers = await startModelServers({
    life,
    instances,
    containers,
    isolated,
    gpus: gpuCount(request.TransformResources?.InstanceType),
    environment: (modelEnvironment, port) =>
      transformEnvironment({
        modelEnvironment,
        port,
        request,
        region: life.context.account.region,
        services: serviceAccessOf(life.context, life.record, isolated),
      }),
    failureReason: TRANSFORM_ALGORITHM_ERROR,
  });
  let results: TransformResult[];
  try {
    await life.enter('Transforming', 'Transform in progress');
    results = await transformAll(life, servers);
  } finally {
    await servers.close();
  }
  life.throwIfStopping();
  await life.enter('Uploading', 'Uploading transform output');
  const failureReason = results.find((result) => result.failureReason !== undefined)?.failureReason;
  return commitOutputs(life, async (staging) => {
    const objects = results.flatMap((result) => result.transformed);
    await duringStage('Output upload failed', () => stageAnswers(life, objects, staging));
    return {
      outcome: failureReason === undefined ? { status: 'Completed' } : { status: 'Failed', failureReason },
    };
  });
}

async function transformAll(life: TransformLife, servers: ModelServers): Promise<TransformResult[]> {
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, life.stopSignal]);
  const work = servers.servers.map((server) =>
    transformObjects({
      life,
      server,
      count: servers.servers.length,
      directory: join(life.directory, TRANSFORM_OUTPUT, server.host.name),
      signal,
    }),
  );
  try {
    return await Promise.race([Promise.all(work), servers.ended]);
  } finally {
    controller.abort();
    await Promise.allSettled(work);
  }
}

/** Stages each object's answers, several at once. */
async function stageAnswers(
  life: TransformLife,
  objects: readonly TransformedObject[],
  staging: Staging,
): Promise<void> {
  const prefix = life.request.TransformOutput?.S3OutputPath?.replace(/\/+$/, '') ?? '';
  const { stores } = life.context;
  const outputs = outputNames(objects, inputPrefix(life.request)).map((name, index) => ({
    uri: joinUri(prefix, `${name}.out`),
    path: (objects[index] as TransformedObject).path,
  }));
  await forEachAtOnce(outputs, STAGED_AT_ONCE, life.stopSignal, async ({ uri, path }, signal) => {
    await writeObject({ uri, body: createReadStream(path), stores, signal, staging });
  });
}

function inputPrefix({ TransformInput: input }: CreateTransformJobRequest): string {
  const uri = input?.DataSource?.S3DataSource?.S3Uri ?? '';
  return uri.startsWith('s3://') ? parseS3Uri(uri).key : '';
}
