import type { CreateProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { planHosts } from '../contract/hosts.ts';
import { processingEnvironment } from '../contract/processing-environment.ts';
import { planProcessingFiles } from '../contract/processing-files.ts';
import {
  algorithmFailure,
  type ContinuousUploads,
  prepareInputs,
  processingDirectories,
  processingInputs,
  processingOutputs,
  readExitMessage,
  startContinuousUploads,
  uploadProcessingOutputs,
} from '../hosts/index.ts';
import type { JobOutcome } from '../state/index.ts';
import { gpuCount } from './gpus.ts';
import { planContainer } from './images.ts';
import { executorForImage, networkIsolation } from './job-container.ts';
import { closeLogs, flushLogs, type JobHost, makeHosts } from './job-host.ts';
import type { JobLife } from './job-life.ts';
import { commitOutputs } from './publish-outputs.ts';
import { outcomeOf } from './results.ts';
import { type HostResult, startHosts } from './run-hosts.ts';
import { serviceAccessOf } from './service-access.ts';
import { preparePrograms } from './toolkit/prepare-program.ts';

type ProcessingLife = JobLife<CreateProcessingJobRequest>;

/** The life of one processing job, from its start to its outcome. */
export async function runProcessing(life: ProcessingLife): Promise<JobOutcome> {
  const { request, record } = life;
  const hosts = makeHosts({
    life,
    names: planHosts(request.ProcessingResources?.ClusterConfig ?? {}).hosts,
    directories: processingDirectories(request),
    files: (host) => planProcessingFiles(request, host, record.arn),
  });
  try {
    return await processOn(life, hosts);
  } finally {
    closeLogs(hosts);
  }
}

async function processOn(life: ProcessingLife, hosts: JobHost[]): Promise<JobOutcome> {
  const { request } = life;
  const container = processingContainer(request);
  life.runIn(await executorForImage(container.image, life.context, container.isolated));
  const plan = planContainer(container, life.context);
  await life.begin('Downloading', 'Downloading input data');
  const inputs = await prepareInputs(
    life,
    hosts,
    processingInputs(request),
    processingOutputs(request).map((output) => output.localPath),
  );
  const uploads = startContinuousUploads(life, hosts);
  let results: HostResult[];
  try {
    life.throwIfStopping();
    await life.enter('Processing', 'Processing in progress');
    const commands = await preparePrograms(plan, life, hosts, (host) => ({
      environment: processingEnvironment({
        request,
        host: host.name,
        arn: life.record.arn,
        region: life.context.account.region,
        services: serviceAccessOf(life.context, life.record, container.isolated),
      }),
      mounts: inputs.mounts[host.index] ?? [],
      isolation: networkIsolation(life, container.isolated),
      gpus: gpuCount(planHosts(request.ProcessingResources?.ClusterConfig ?? {}).groups[0]?.instanceType),
    }));
    life.throwIfStopping();
    const running = await startHosts({ life, commands, failed: inputs.failed });
    results = await running.ended;
  } finally {
    await inputs.close();
    await uploads.close();
    flushLogs(hosts);
  }
  return finishProcessing(life, hosts, results, uploads);
}

function processingContainer({
  AppSpecification: specification,
  NetworkConfig: network,
}: CreateProcessingJobRequest) {
  return {
    image: specification?.ImageUri,
    entrypoint: specification?.ContainerEntrypoint,
    arguments: specification?.ContainerArguments,
    isolated: network?.EnableNetworkIsolation,
  };
}

async function finishProcessing(
  life: ProcessingLife,
  hosts: readonly JobHost[],
  results: readonly HostResult[],
  continuous: ContinuousUploads,
): Promise<JobOutcome> {
  const failure = life.stopReason ? undefined : algorithmFailure(results);
  await life.enter('Uploading', 'Uploading processing outputs');
  const bestEffort = failure !== undefined || life.stopReason !== undefined;
  return commitOutputs(life, async (staging) => {
    await uploadProcessingOutputs({ life, hosts, staging, bestEffort, continuous });
    const message = readExitMessage(hosts);
    const facts = message === undefined ? {} : { exitMessage: message };
    return { outcome: outcomeOf(life, failure), facts };
  });
}
