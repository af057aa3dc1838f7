import { join } from 'node:path';
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { TRANSFORM_ALGORITHM_ERROR } from '../contract/failure-reason.ts';
import { hostName } from '../contract/hosts.ts';
import { containerNames, hasOneContainer, type ModelContainers } from '../contract/model-containers.ts';
import { MODEL_DIRECTORY } from '../contract/paths.ts';
import { transformEnvironment } from '../contract/serving-environment.ts';
import {
  duringStage,
  stageAnswers,
  type TransformResult,
  transformModel,
  transformObjects,
} from '../hosts/index.ts';
import type { JobOutcome } from '../state/index.ts';
import { gpuCount } from './gpus.ts';
import { closeLogs, type JobHost, makeHosts } from './job-host.ts';
import type { JobLife } from './job-life.ts';
import type { ModelService } from './models.ts';
import { commitOutputs } from './publish-outputs.ts';
import { serviceAccessOf } from './service-access.ts';
import { type ModelServers, startModelServers } from './serving/model-server.ts';

type TransformLife = JobLife<CreateTransformJobRequest>;

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
