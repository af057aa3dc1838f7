import { createHash } from 'node:crypto';
import { type AgentDocument, sealAgentDocument } from '../../contract/agent-document.ts';
import { agentEnvironment, documentHosts } from '../../contract/agent-environment.ts';
import { agentUris } from '../../contract/agent-places.ts';
import { defaultRoleArn, resourceArn } from '../../contract/arns.ts';
import { SluiceError } from '../../core/errors.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import {
  buildRequests,
  refuseNamedModel,
  sharedPlaces,
  withVariables,
} from '../agent-jobs/build-requests.ts';
import type { AwsConnection, AwsSite } from '../aws/aws-site.ts';
import { bringsOnlyScript, userContainer, withImage } from '../kubernetes/user-container.ts';
import type { TaskInvocation } from '../platform.ts';
import { putSparkConf } from '../request/put-spark-conf.ts';
import { uploadSecondsOf } from './batch-names.ts';
import { batchResources } from './batch-resources.ts';
import { type PlannedTask, planTask } from './task-plan.ts';

/** What jobs are prepared with. */
export interface PrepareOptions {
  readonly site: AwsSite;
  readonly settings: BatchSettings;
  readonly agentImage: string;
  /** The same for the same idempotency key. */
  readonly attempt: string;
}

/** A job, before anything of it is anywhere. */
export interface PreparedJob {
  readonly planned: PlannedTask;
  readonly document: { readonly uri: string; readonly text: string; readonly digest: string };
  /** What has to be there before it starts, its document last. */
  readonly bring: readonly ((signal?: AbortSignal) => Promise<unknown>)[];
}

/** `s3://…/`: where what a job leaves lies. Pure. */
export function resultsUri(bucket: string, jobName: string): string {
  return `s3://${bucket}/sluice/jobs/batch/${jobName}/`;
}

/** Builds a job's request, its document and its containers. @throws SluiceError */
export async function prepareJob(
  invocation: TaskInvocation & { readonly task: EndingJobTask },
  { site, settings, agentImage, attempt }: PrepareOptions,
): Promise<PreparedJob> {
  const { account, store, bucket } = await site.connect();
  const isScript = bringsOnlyScript(invocation.task);
  const task = withVariables(withImage(invocation.task, settings, 'batch'));
  refuseNamedModel(task, 'AWS Batch');
  const { inputs, bring } = await site.stage({ ...invocation, task });
  const code = await site.placeCode(task, task.type === 'processing' ? 'files' : 'archive');
  const outputUri = await site.outputUri(invocation.outputUri, invocation.jobName);
  const placed = { ...invocation, task, inputs, outputUri };
  const requests = buildRequests(task, placed, {
    account,
    roleArn: settings.jobRole ?? defaultRoleArn(account),
    ...(code && { codeUri: code.codeUri, requirements: code.requirements }),
  });
  const results = resultsUri(bucket, invocation.jobName);
  const document = {
    version: 1,
    attempt,
    arn: resourceArn(account, `${requests.jobType}-job` as const, invocation.jobName),
    region: account.region,
    results,
    uploadSeconds: uploadSecondsOf(settings),
    ...requests,
  } as AgentDocument;
  await expectBuckets(document, { store, bucket });
  const { text, digest } = sealAgentDocument(document);
  const resources = batchResources(task.instanceType, task.gpuCount, settings);
  const machine = { cpus: resources.vcpus, gpus: resources.gpus };
  const script =
    isScript && task.script
      ? { entry: task.script.entry, requirements: code?.requirements ?? false }
      : undefined;
  const hosts = documentHosts(document);
  const uri = agentUris(results).document;
  const planned = planTask({
    type: document.jobType,
    hosts: hosts.length,
    container: userContainer(document, machine, script),
    environments: hosts.map((host) => agentEnvironment(document, host, machine)),
    isScript: script !== undefined && document.jobType !== 'processing',
    resources,
    places: sharedPlaces(document),
    document: { uri, digest },
    attempt,
    agentImage,
    region: account.region,
    endpoint: settings.endpoint,
    settings,
  });
  return {
    planned,
    document: { uri, text, digest },
    bring: [
      ...bring,
      ...(code ? [() => code.bring()] : []),
      () => putSparkConf(placed, account, { store: () => store }),
    ],
  };
}

/** What jobs write to has to be there, where Batch runs: a bucket of this machine is not. @throws SluiceError `InvalidArgument` */
async function expectBuckets(
  document: AgentDocument,
  { store, bucket }: Pick<AwsConnection, 'store' | 'bucket'>,
): Promise<void> {
  const named = new Set(placesWritten(document).map((uri) => parseS3Uri(uri).bucket));
  for (const each of named) {
    if (each === bucket || (await store.bucketExists(each))) continue;
    throw new SluiceError(
      'InvalidArgument',
      `The job writes to the bucket '${each}', which the S3 of AWS Batch does not have: a bucket of this machine's store cannot be reached from there.`,
      { hint: `Create it there, or leave the place out: outputs go to ${bucket} then.` },
    );
  }
}

function placesWritten(document: AgentDocument): string[] {
  const uris =
    document.jobType === 'training'
      ? [document.request.OutputDataConfig?.S3OutputPath, document.request.CheckpointConfig?.S3Uri]
      : document.jobType === 'transform'
        ? [document.request.TransformOutput?.S3OutputPath]
        : (document.request.ProcessingOutputConfig?.Outputs ?? []).map(({ S3Output }) => S3Output?.S3Uri);
  return uris.filter((uri) => uri !== undefined);
}

/** What says that a request is another one: what the job is, not where its agent's image comes from. Pure. */
export function requestDigest({ document }: PreparedJob): string {
  return createHash('sha256').update(document.text).digest('hex');
}
