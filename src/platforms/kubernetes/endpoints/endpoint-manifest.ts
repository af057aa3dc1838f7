/** The objects of an endpoint: a Deployment of model servers, and the Service in front of them. All of it is pure. */
import { MODEL_CONTAINER_GRACE_SECONDS, USER_CONTAINER } from '../../../contract/agent-places.ts';
import { ML_ROOT } from '../../../contract/paths.ts';
import { SERVING_PORT, servingEnvironment } from '../../../contract/serving-environment.ts';
import { modelCode, withModelCode } from '../../../contract/submitted-code.ts';
import type { KubernetesSettings } from '../../../core/platforms-settings.ts';
import type { VariantSpec } from '../../endpoints/index.ts';
import { MARKS } from '../cluster-names.ts';
import { START_SECONDS } from '../job-manifest.ts';
import {
  AGENT_RESOURCES,
  AGENT_SECURITY,
  literal,
  literalVariables,
  openVariables,
  type Part,
  podCommon,
  pullPolicy,
  secretVariables,
} from '../pod-parts.ts';
import type { PodResources } from '../resources.ts';
import type { EndpointMarks } from './endpoint-marks.ts';
import { writeMarks } from './endpoint-marks.ts';

/** Where Deployments are created, below `/apis/`. */
export const DEPLOYMENTS = 'apps/v1';
/** What the Service's only port is called: it leads to the model server. */
export const HTTP_PORT = 'http';

/** What an endpoint is made from. */
export interface EndpointPlan {
  /** Of its objects. */
  readonly name: string;
  readonly variant: VariantSpec;
  readonly resources: PodResources;
  readonly region: string;
  /** The S3 of the pods. Absent: AWS's. */
  readonly endpoint?: string | undefined;
  readonly agentImage: string;
  readonly settings: KubernetesSettings;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** How long a model server may take to answer /ping, as SageMaker grants it: seconds. */
export const HEALTHY_SECONDS = 240;

/** How long one may. It is never longer than a pod may take to start. */
export function healthySeconds({ startSeconds = HEALTHY_SECONDS }: KubernetesSettings): number {
  return Math.min(startSeconds, HEALTHY_SECONDS);
}

/** The Deployment: while a change of it is under way, all that served goes on. */
export function deploymentManifest(plan: EndpointPlan, marks: EndpointMarks): Part {
  const { name, settings, variant } = plan;
  const selector = { [MARKS.endpoint]: name };
  const labels = { [MARKS.managedBy]: MARKS.manager, ...selector };
  return {
    apiVersion: DEPLOYMENTS,
    kind: 'Deployment',
    metadata: {
      name,
      labels: { ...settings.labels, ...labels },
      annotations: { ...settings.annotations, ...writeMarks(marks) },
    },
    spec: {
      replicas: variant.instanceCount,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      progressDeadlineSeconds: settings.startSeconds ?? START_SECONDS,
      revisionHistoryLimit: 2,
      template: {
        metadata: {
          labels: { ...settings.labels, ...labels, [MARKS.configuration]: marks.configuration },
          ...(settings.annotations && { annotations: settings.annotations }),
        },
        spec: podSpec(plan),
      },
    },
  };
}

/** The Service of an endpoint; it goes with its Deployment. */
export function endpointService(
  name: string,
  { name: deployment, uid }: { name: string; uid: string },
): Part {
  const owner = { apiVersion: DEPLOYMENTS, kind: 'Deployment', name: deployment, uid };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      labels: { [MARKS.managedBy]: MARKS.manager, [MARKS.endpoint]: name },
      ownerReferences: [{ ...owner, controller: false, blockOwnerDeletion: false }],
    },
    spec: {
      selector: { [MARKS.endpoint]: name },
      ports: [{ name: HTTP_PORT, port: 80, targetPort: SERVING_PORT }],
    },
  };
}

function podSpec(plan: EndpointPlan): Part {
  const { settings, resources } = plan;
  return {
    terminationGracePeriodSeconds: MODEL_CONTAINER_GRACE_SECONDS,
    ...podCommon(settings, resources),
    initContainers: [modelBringer(plan)],
    containers: [modelServer(plan)],
    volumes: [
      { name: 'ml', emptyDir: {} },
      { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: resources.sharedMemory } },
    ],
  };
}

function modelBringer({ variant, settings, agentImage, region, endpoint }: EndpointPlan): Part {
  const { dataUrl, environment } = variant.model;
  const code = modelCode(environment);
  return {
    name: 'prepare',
    image: agentImage,
    ...pullPolicy(settings),
    args: [
      'agent',
      'model',
      ...(dataUrl === undefined ? [] : ['--data', literal(dataUrl)]),
      ...(code === undefined ? [] : ['--code', literal(code)]),
    ],
    env: literalVariables({ AWS_REGION: region, SLUICE_S3: endpoint ?? 'aws', ...openVariables(settings) }),
    ...secretVariables(settings),
    resources: AGENT_RESOURCES,
    securityContext: AGENT_SECURITY,
    volumeMounts: [{ name: 'ml', mountPath: ML_ROOT }],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

function modelServer({ variant, settings, resources, region }: EndpointPlan): Part {
  const { image, environment } = variant.model;
  const ping = { httpGet: { path: '/ping', port: SERVING_PORT } };
  return {
    name: USER_CONTAINER,
    image,
    ...pullPolicy(settings),
    args: ['serve'],
    env: literalVariables(servingEnvironment({ region, modelEnvironment: withModelCode(environment) })),
    ports: [{ name: HTTP_PORT, containerPort: SERVING_PORT }],
    resources: { requests: resources.requests, limits: resources.limits },
    startupProbe: {
      ...ping,
      periodSeconds: 1,
      timeoutSeconds: 2,
      failureThreshold: healthySeconds(settings),
    },
    readinessProbe: { ...ping, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
    livenessProbe: { ...ping, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 6 },
    // Requests come until everybody knows that it ends.
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    volumeMounts: [
      { name: 'ml', mountPath: ML_ROOT },
      { name: 'shm', mountPath: '/dev/shm' },
    ],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}
