import { createHash, randomUUID } from 'node:crypto';
import { Bundles } from '../../bundles/index.ts';
import { type AgentDocument, sealAgentDocument } from '../../contract/agent-document.ts';
import { documentHosts } from '../../contract/agent-environment.ts';
import { agentUris } from '../../contract/agent-places.ts';
import { agentStopPath } from '../../contract/agent-result.ts';
import { defaultRoleArn, resourceArn } from '../../contract/arns.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import {
  buildRequests,
  refuseNamedModel,
  sharedPlaces,
  withVariables,
} from '../agent-jobs/build-requests.ts';
import { placeCode } from '../aws/place-code.ts';
import type { TaskInvocation } from '../platform.ts';
import { putSparkConf } from '../request/put-spark-conf.ts';
import { objectName } from './cluster-names.ts';
import type { JobMarks } from './job-manifest.ts';
import type { PodPlan } from './pod-template.ts';
import { podResources } from './resources.ts';
import { stageInputs } from './stage-inputs.ts';
import { bringsOnlyScript, userContainer, withImage } from './user-container.ts';

/** What jobs are prepared with. */
export interface PrepareOptions {
  readonly platform: string;
  readonly settings: KubernetesSettings;
  readonly namespace: string;
  readonly account: Account;
  readonly bucket: string;
  /** The S3 of the pods. */
  readonly store: ObjectStore;
  readonly s3: { readonly endpoint?: string | undefined; readonly region: string };
  readonly agentImage: string;
  /** The key of an attempt. */
  readonly keyOf: (attempt: string) => Promise<string>;
  /** The home's own. */
  readonly home: { readonly bundles: Bundles; readonly stores: { store(bucket: string): ObjectStore } };
}

/** A job, before anything of it is anywhere. */
export interface PreparedJob {
  readonly plan: PodPlan;
  readonly marks: JobMarks;
  /** What has to be there before it starts, its document last. */
  readonly bring: readonly ((signal?: AbortSignal) => Promise<unknown>)[];
  readonly bringDocument: () => Promise<unknown>;
}

/** `s3://…/`: where what an attempt leaves lies. Pure. */
export function resultsUri(
  bucket: string,
  platform: string,
  namespace: string,
  name: string,
  attempt: string,
): string {
  return `s3://${bucket}/sluice/jobs/${platform}/${namespace}/${name}/${attempt}/`;
}

/** Builds a job's request, its document and its pods. @throws SluiceError */
export async function prepareJob(
  invocation: TaskInvocation & { readonly task: EndingJobTask },
  options: PrepareOptions,
): Promise<PreparedJob> {
  const { settings, account, bucket, store, home, platform, namespace } = options;
  const isScript = bringsOnlyScript(invocation.task);
  const task = withVariables(withImage(invocation.task, settings, platform));
  refuseNamedModel(task, 'a cluster');
  const { inputs, bring } = await stageInputs(invocation, { home: home.stores, store, bucket });
  const bundles = new Bundles({ stores: { store: () => store }, account, bucket });
  const code = await placeCode(task, task.type === 'processing' ? 'files' : 'archive', {
    home: home.bundles,
    bundles,
    store,
    bucket,
  });
  if (code) bring.push(() => code.bring());
  const placed = { ...invocation, task, inputs, outputUri: outputUri(invocation, account, bucket) };
  bring.push(() => putSparkConf(placed, account, { store: () => store }));
  const requests = buildRequests(task, placed, {
    account,
    roleArn: defaultRoleArn(account),
    ...(code && { codeUri: code.codeUri, requirements: code.requirements }),
  });
  const name = objectName(invocation.jobName);
  const attempt = randomUUID();
  const results = resultsUri(bucket, platform, namespace, name, attempt);
  const document = {
    version: 1,
    attempt,
    arn: resourceArn(account, `${requests.jobType}-job` as const, invocation.jobName),
    region: account.region,
    results,
    uploadSeconds: settings.uploadSeconds ?? 600,
    ...requests,
  } as AgentDocument;
  const sealed = sealAgentDocument(document);
  const resources = podResources(task.instanceType, task.gpuCount, settings);
  const script =
    isScript && task.script
      ? { entry: task.script.entry, requirements: code?.requirements ?? false }
      : undefined;
  const uri = agentUris(results).document;
  return {
    plan: {
      name,
      type: document.jobType,
      hosts: documentHosts(document).length,
      container: userContainer(document, resources, script),
      resources,
      volumeSizeInGB: task.volumeSizeInGB,
      places: sharedPlaces(document),
      document: { uri, digest: sealed.digest },
      stopPath: agentStopPath(await options.keyOf(attempt)),
      s3: options.s3,
      agentImage: options.agentImage,
      settings,
    },
    marks: {
      jobName: invocation.jobName,
      jobType: task.type,
      request: createHash('sha256').update(JSON.stringify(requests)).digest('hex'),
      attempt,
      results,
      maxRuntimeSeconds: task.maxRuntimeInSeconds,
    },
    bring,
    bringDocument: () => put(store, uri, sealed.text),
  };
}

/** The run names a place in the home's own default bucket; here it is the one that pods reach. */
function outputUri({ outputUri: named, jobName }: TaskInvocation, account: Account, bucket: string): string {
  if (named === undefined) return `s3://${bucket}/${jobName}`;
  const place = parseS3Uri(named);
  return place.bucket === defaultBucket(account) ? `s3://${bucket}/${place.key}` : named;
}

async function put(store: ObjectStore, uri: string, text: string): Promise<void> {
  const { bucket, key } = parseS3Uri(uri);
  await store.put(bucket, key, text);
}
