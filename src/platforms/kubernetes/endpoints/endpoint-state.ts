/** What a Deployment and its pods say of an endpoint. All of it is pure. */
import { USER_CONTAINER } from '../../../contract/agent-places.ts';
import type { KubernetesSettings } from '../../../core/platforms-settings.ts';
import type { KubeContainerStatus, KubeDeployment, KubePod } from '../client/objects.ts';
import { plainText } from '../client/plain-text.ts';
import { MARKS } from '../cluster-names.ts';
import { isWrongImage, waitingContainer, waitingText } from '../job-state.ts';
import { keepPod } from '../kept-objects.ts';
import { healthySeconds } from './endpoint-manifest.ts';
import { type EndpointMarks, type FailedChange, readMarks } from './endpoint-marks.ts';

/** Where an endpoint is. */
export interface EndpointState {
  readonly marks: EndpointMarks;
  readonly status: 'Creating' | 'Updating' | 'InService' | 'Failed' | 'Deleting';
  /** What has to be done now: the change that is under way does not come to serve. */
  readonly toFail?: FailedChange | undefined;
}

/** An endpoint as it is now. */
export interface FoundEndpoint {
  readonly deployment: KubeDeployment;
  readonly state: EndpointState;
}

const IMAGE_PULL_SECONDS = 300;
/** A container that ends so often does not come to serve. */
const RESTARTS = 2;
const MAX_WORDS = 600;
/** As SageMaker has it. */
const MAX_REASON = 1024;

/** Undefined for what is no endpoint. @param now milliseconds since 1970 */
export function endpointState(
  deployment: KubeDeployment,
  pods: readonly KubePod[],
  settings: KubernetesSettings,
  now: number,
): EndpointState | undefined {
  const marks = readMarks(deployment);
  if (!marks) return undefined;
  if (deployment.metadata.deletionTimestamp !== undefined) return { marks, status: 'Deleting' };
  if (marks.failed?.configuration === marks.configuration) return { marks, status: 'Failed' };
  if (isRolledOut(deployment)) return { marks, status: 'InService' };
  const own = pods.filter(
    ({ metadata }) =>
      metadata.labels?.[MARKS.configuration] === marks.configuration &&
      metadata.deletionTimestamp === undefined,
  );
  const why = failure(deployment, own, marks, settings, now);
  return {
    marks,
    status: marks.previous === undefined ? 'Creating' : 'Updating',
    ...(why && {
      toFail: { configuration: marks.configuration, ...why, reason: plainText(why.reason, MAX_REASON) },
    }),
  };
}

/** Once the last change has come to serve; pods that go away later are made anew by the cluster. */
function isRolledOut({ metadata, status = {} }: KubeDeployment): boolean {
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, conditions = [] } = status;
  const isSeen = observedGeneration >= (metadata.generation ?? 0);
  const progress = conditions.find(({ type }) => type === 'Progressing');
  return isSeen && progress?.reason === 'NewReplicaSetAvailable' && updatedReplicas === replicas;
}

type Why = Pick<FailedChange, 'reason' | 'isDisplaced'>;

function failure(
  { metadata, status = {} }: KubeDeployment,
  pods: readonly KubePod[],
  { variant, model }: EndpointMarks,
  settings: KubernetesSettings,
  now: number,
): Why | undefined {
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const conditionOf = (name: string) => (status.conditions ?? []).find(({ type }) => type === name);
  const refused = conditionOf('ReplicaFailure');
  if (isSeen && refused?.status === 'True')
    return {
      reason: `The cluster does not take its pods: ${refused.message ?? ''}`.slice(0, MAX_WORDS),
      isDisplaced: /quota/.test(refused.message ?? ''),
    };
  for (const pod of pods) {
    const image = imageFailure(pod, settings, now);
    if (image !== undefined) return { reason: image };
    const prepare = containerOf(pod, 'prepare');
    if ((prepare?.restartCount ?? 0) >= RESTARTS) return { reason: modelFailure(model, prepare) };
    const main = containerOf(pod, USER_CONTAINER);
    if ((main?.restartCount ?? 0) >= RESTARTS || isUnhealthy(main, settings, now))
      return { reason: pingFailure(variant, main) };
  }
  const progress = conditionOf('Progressing');
  if (!isSeen || progress?.reason !== 'ProgressDeadlineExceeded') return undefined;
  const unscheduled = pods.flatMap((pod) => unschedulable(pod) ?? [])[0];
  if (unscheduled !== undefined)
    return {
      reason: `Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. ${unscheduled}`,
      isDisplaced: true,
    };
  return { reason: pingFailure(variant, pods.map((pod) => containerOf(pod, USER_CONTAINER)).find(Boolean)) };
}

function imageFailure(pod: KubePod, settings: KubernetesSettings, now: number): string | undefined {
  const waiting = waitingContainer(keepPod(pod));
  if (!waiting) return undefined;
  const waitedMs = now - Date.parse(pod.metadata.creationTimestamp ?? '');
  const limitMs = (settings.imagePullSeconds ?? IMAGE_PULL_SECONDS) * 1000;
  if (!isWrongImage(waiting) && waitedMs <= limitMs) return undefined;
  return `The container cannot be started. ${waitingText(waiting)}`;
}

/** It runs, and has not come to answer. */
function isUnhealthy(
  main: KubeContainerStatus | undefined,
  settings: KubernetesSettings,
  now: number,
): boolean {
  const startedAt = main?.state?.running?.startedAt;
  return (
    main?.ready !== true &&
    startedAt !== undefined &&
    now - Date.parse(startedAt) > healthySeconds(settings) * 1000
  );
}

/** SageMaker's words, with what the container has printed last. @see src/jobs/endpoints/failure-reasons.ts */
function pingFailure(variant: string, main: KubeContainerStatus | undefined): string {
  const text = `The primary container for production variant ${variant} did not pass the ping health check. Please check the logs of this endpoint.`;
  return withWords(text, main);
}

function modelFailure(model: string, prepare: KubeContainerStatus | undefined): string {
  const text = `Failed to download model data for container "primary" from URL: "${model}". Please ensure that there is an object located at the URL and that the pods may read it.`;
  return withWords(text, prepare);
}

function withWords(text: string, container: KubeContainerStatus | undefined): string {
  const { terminated } = container?.lastState ?? {};
  const words = (terminated ?? container?.state?.terminated)?.message?.trim().slice(-MAX_WORDS);
  return words ? `${text} (${words})` : text;
}

function containerOf({ status = {} }: KubePod, name: string): KubeContainerStatus | undefined {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find(
    (container) => container.name === name,
  );
}

function unschedulable({ status }: KubePod): string | undefined {
  const found = status?.conditions?.find(
    ({ type, status: holds }) => type === 'PodScheduled' && holds === 'False',
  );
  return found && (found.message ?? found.reason ?? '');
}
