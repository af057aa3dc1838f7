import type {
  CreateProcessingJobRequest,
  ProcessingInput,
  ProcessingS3Input,
} from '@aws-sdk/client-sagemaker';
import type { InputChannel } from '../channels/index.ts';
import { exitMessage, MAX_EXIT_MESSAGE_BYTES } from '../contract/exit-message.ts';
import { clientError } from '../contract/failure-reason.ts';
import { planHosts } from '../contract/hosts.ts';
import { EXIT_MESSAGE_FILE, PROCESSING_DIRECTORIES } from '../contract/paths.ts';
import { processingEnvironment } from '../contract/processing-environment.ts';
import { planProcessingFiles } from '../contract/processing-files.ts';
import type { JobOutcome } from '../state/index.ts';
import { JobFailure } from './failure.ts';
import { gpuCount } from './gpus.ts';
import { planContainer } from './images.ts';
import { type JobInput, prepareInputs } from './inputs.ts';
import { executorForImage, networkIsolation } from './job-container.ts';
import { closeLogs, flushLogs, type JobHost, makeHosts, readJobFile } from './job-host.ts';
import type { JobLife } from './job-life.ts';
import {
  type ContinuousUploads,
  processingOutputs,
  startContinuousUploads,
  uploadProcessingOutputs,
} from './processing-output.ts';
import { commitOutputs } from './publish-outputs.ts';
import { algorithmFailure, outcomeOf } from './results.ts';
import { type HostResult, startHosts } from './run-hosts.ts';
import { serviceAccessOf } from './service-access.ts';
import { preparePrograms } from './toolkit/prepare-program.ts';

/** Where the SageMaker Python SDK brings code to. */
const CODE_INPUT = '/opt/ml/processing/input/code';

type ProcessingLife = JobLife<CreateProcessingJobRequest>;

/** The life of one processing job, from its start to its outcome. */
export async function runProcessing(life: ProcessingLife): Promise<JobOutcome> {
  const { request, record } = life;
  const hosts = makeHosts({
    life,
    names: planHosts(request.ProcessingResources?.ClusterConfig ?? {}).hosts,
    directories: [...PROCESSING_DIRECTORIES, ...processingOutputs(request).map((output) => output.localPath)],
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
    (request.ProcessingInputs ?? []).map(processingInput),
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

/** @throws JobFailure when it is not UTF-8. */
function readExitMessage(hosts: readonly JobHost[]): string | undefined {
  // One byte more than is kept shows that a character was cut.
  const messages = hosts.map((host) => readJobFile(host, EXIT_MESSAGE_FILE, MAX_EXIT_MESSAGE_BYTES + 1));
  try {
    return exitMessage(messages.filter((message) => message !== undefined));
  } catch (error) {
    throw new JobFailure(clientError((error as Error).message), error);
  }
}

/** The SageMaker Python SDK's FrameworkProcessor unpacks its code where it lies. */
function isUnpackedInPlace(source: ProcessingS3Input): boolean {
  return (
    /(?:^|\/)[^/]*\.tar\.gz$/.test(source.S3Uri ?? '') || source.LocalPath?.replace(/\/+$/, '') === CODE_INPUT
  );
}

function processingInput(input: ProcessingInput): JobInput {
  const source = input.S3Input;
  if (!source?.S3Uri || !source.LocalPath) {
    throw new JobFailure(
      clientError(`Processing input '${input.InputName}' has no S3Input with S3Uri and LocalPath.`),
    );
  }
  const channel: InputChannel = {
    name: input.InputName as string,
    uri: source.S3Uri,
    inputMode: source.S3InputMode ?? 'File',
    dataType: source.S3DataType ?? 'S3Prefix',
    distribution: source.S3DataDistributionType ?? 'FullyReplicated',
    compression: source.S3CompressionType ?? 'None',
  };
  return { channel, target: source.LocalPath, writable: isUnpackedInPlace(source) };
}
