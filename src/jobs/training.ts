import { availableParallelism } from 'node:os';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { metricDefinitions } from '../contract/algorithm-metrics.ts';
import { groupOfHost, planHosts } from '../contract/hosts.ts';
import { LOG_GROUPS } from '../contract/log-names.ts';
import { createMetricCapture, type MetricCapture } from '../contract/metrics.ts';
import { trainingEnvironment } from '../contract/training-environment.ts';
import { planTrainingFiles } from '../contract/training-files.ts';
import {
  algorithmFailure,
  type Checkpoints,
  decodeLine,
  type LineSink,
  prepareInputs,
  startCheckpoints,
  trainingDirectories,
  trainingInputs,
  uploadTrainingOutput,
} from '../hosts/index.ts';
import { type JobOutcome, type JobProgress, metricPoint } from '../state/index.ts';
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

type TrainingLife = JobLife<CreateTrainingJobRequest>;

/** The life of one training job, from its start to its outcome. */
export async function runTraining(life: TrainingLife): Promise<JobOutcome> {
  const { request } = life;
  const metrics = createMetricCapture(metricDefinitions(request), (name) =>
    hosts[0]?.log.note(givenUp(name)),
  );
  const hosts: JobHost[] = makeHosts({
    life,
    names: planHosts(request.ResourceConfig ?? {}).hosts,
    directories: trainingDirectories(request),
    files: (host) => planTrainingFiles(request, host),
    onLines: metricSink(life, metrics),
  });
  try {
    return await trainOn(life, hosts, metrics);
  } finally {
    closeLogs(hosts);
    await keepMetrics(life, metrics);
  }
}

async function trainOn(life: TrainingLife, hosts: JobHost[], metrics: MetricCapture): Promise<JobOutcome> {
  const container = trainingContainer(life.request);
  life.runIn(await executorForImage(container.image, life.context, container.isolated));
  const plan = planContainer(container, life.context);
  await life.begin('Downloading', 'Downloading input data');
  const inputs = await prepareInputs(life, hosts, trainingInputs(life.request));
  let checkpoints: Checkpoints | undefined;
  let results: HostResult[];
  try {
    checkpoints = await startCheckpoints(life, hosts);
    const { mounts: checkpointMounts } = checkpoints;
    life.throwIfStopping();
    await life.enter('Training', 'Training image download completed. Training in progress.');
    const commands = await preparePrograms(plan, life, hosts, (host) => ({
      environment: hostEnvironment(life, host),
      mounts: [...(inputs.mounts[host.index] ?? []), ...(checkpointMounts[host.index] ?? [])],
      isolation: networkIsolation(life, container.isolated),
      gpus: hostGpus(life.request, host),
    }));
    life.throwIfStopping();
    const running = await startHosts({ life, commands, failed: inputs.failed });
    results = await running.ended;
  } finally {
    await inputs.close();
    await checkpoints?.close();
    flushLogs(hosts);
  }
  return finishTraining(life, hosts, results, metrics);
}

/** Uploads what the job made; after a stop or a failure as far as it goes. */
async function finishTraining(
  life: TrainingLife,
  hosts: readonly JobHost[],
  results: readonly HostResult[],
  metrics: MetricCapture,
): Promise<JobOutcome> {
  const failure = life.stopReason ? undefined : algorithmFailure(results);
  await life.enter('Uploading', 'Uploading generated training model');
  const complete = !life.stopReason && failure === undefined;
  return commitOutputs(life, async (staging) => {
    const model = failure === undefined;
    const artifacts = await uploadTrainingOutput({ life, hosts, staging, model, bestEffort: !complete });
    return { outcome: outcomeOf(life, failure), facts: { ...artifacts, ...finalMetrics(metrics) } };
  });
}

/** FinalMetricDataList, whatever the job came to. */
async function keepMetrics(life: TrainingLife, metrics: MetricCapture): Promise<void> {
  const facts = finalMetrics(metrics);
  if (facts.metrics && !life.record.progress.metrics) await life.note(facts);
}

function finalMetrics(metrics: MetricCapture): Pick<JobProgress, 'metrics'> {
  const final = metrics.final().map((metric) => ({
    name: metric.MetricName as string,
    value: metric.Value as number,
    at: (metric.Timestamp as Date).getTime(),
  }));
  return final.length > 0 ? { metrics: final } : {};
}

function givenUp(name: string): string {
  return `The metric '${name}' is not looked for any more: its expression took too long on a line.`;
}

function metricSink(life: TrainingLife, metrics: MetricCapture): LineSink | undefined {
  if (metricDefinitions(life.request).length === 0) return undefined;
  return (lines) => {
    const now = life.context.clock();
    for (const { name, value } of metrics.observe(lines.map(decodeLine), now)) {
      const metric = {
        namespace: LOG_GROUPS.training,
        name,
        dimensions: { TrainingJobName: life.record.name },
      };
      life.metrics.add(metric, 'None', metricPoint(now.getTime(), value));
    }
  };
}

function hostEnvironment(life: TrainingLife, host: JobHost): Record<string, string> {
  return trainingEnvironment({
    request: life.request,
    host: host.name,
    arn: life.record.arn,
    region: life.context.account.region,
    cpus: availableParallelism(),
    gpus: hostGpus(life.request, host),
    services: serviceAccessOf(life.context, life.record, life.request.EnableNetworkIsolation),
  });
}

function hostGpus(request: CreateTrainingJobRequest, host: JobHost): number {
  return gpuCount(groupOfHost(planHosts(request.ResourceConfig ?? {}), host.name).instanceType);
}

function trainingContainer(request: CreateTrainingJobRequest) {
  const algorithm = request.AlgorithmSpecification;
  return {
    image: algorithm?.TrainingImage,
    entrypoint: algorithm?.ContainerEntrypoint,
    arguments: algorithm?.ContainerArguments,
    // As SageMaker starts an image: docker run <image> train.
    defaultArguments: ['train'],
    isolated: request.EnableNetworkIsolation,
    hyperparameters: request.HyperParameters ?? {},
    environment: request.Environment,
    contentTypes: (request.InputDataConfig ?? []).flatMap(({ ContentType: type }) => type ?? []),
    hosts: planHosts(request.ResourceConfig ?? {}).hosts,
  };
}
