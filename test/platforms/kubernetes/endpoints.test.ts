import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { KubernetesSettings } from '../../../src/core/platforms-settings.ts';
import type { EndpointSpec, VariantSpec } from '../../../src/platforms/endpoints/index.ts';
import type { KubeAccess } from '../../../src/platforms/kubernetes/client/kube-access.ts';
import { KubeClient } from '../../../src/platforms/kubernetes/client/kube-client.ts';
import type { KubeDeployment, KubePod } from '../../../src/platforms/kubernetes/client/objects.ts';
import { Cluster } from '../../../src/platforms/kubernetes/cluster.ts';
import { MARKS, objectName } from '../../../src/platforms/kubernetes/cluster-names.ts';
import { deploymentManifest } from '../../../src/platforms/kubernetes/endpoints/endpoint-manifest.ts';
import {
  type EndpointMarks,
  writeMarks,
} from '../../../src/platforms/kubernetes/endpoints/endpoint-marks.ts';
import { endpointPlan } from '../../../src/platforms/kubernetes/endpoints/endpoint-plan.ts';
import { endpointState } from '../../../src/platforms/kubernetes/endpoints/endpoint-state.ts';
import { KubernetesEndpoints } from '../../../src/platforms/kubernetes/endpoints/kubernetes-endpoints.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString();

const MARKED: EndpointMarks = {
  endpoint: 'Words',
  variant: 'AllTraffic',
  instances: 1,
  model: 's3://b/model.tar.gz',
  configuration: 'words-2',
  previous: 'words-1',
  changedAt: at(60),
};
const DONE = { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' } as const;
const GOING = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' } as const;
const LATE = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' } as const;

function deploymentOf(
  status: NonNullable<KubeDeployment['status']>,
  marks: Partial<EndpointMarks> = {},
  more: object = {},
): KubeDeployment {
  const annotations = writeMarks({ ...MARKED, ...marks });
  return {
    metadata: { name: 'words', generation: 3, creationTimestamp: at(600), annotations, ...more },
    spec: { replicas: 1, template: { spec: {} } },
    status: { observedGeneration: 3, ...status },
  };
}

function podOf(status: NonNullable<KubePod['status']>, secondsAgo = 60): KubePod {
  return {
    metadata: {
      name: 'words-x',
      creationTimestamp: at(secondsAgo),
      labels: { [MARKS.configuration]: 'words-2' },
    },
    spec: {},
    status,
  };
}

const waiting = (name: string, reason: string) => ({
  name,
  state: { waiting: { reason, message: 'so it is' } },
});
const ended = (name: string, message: string, restartCount: number) => ({
  name,
  restartCount,
  lastState: { terminated: { exitCode: 1, message } },
});
const going = { conditions: [GOING], updatedReplicas: 1, replicas: 2 };

describe('an endpoint on a cluster', () => {
  test.each<[string, KubeDeployment, KubePod[], KubernetesSettings, string, string | undefined]>([
    [
      'that was rolled out is in service',
      deploymentOf({ conditions: [DONE], updatedReplicas: 1, replicas: 1 }),
      [],
      {},
      'InService',
      undefined,
    ],
    [
      'whose old pods are still there is not yet',
      deploymentOf({ conditions: [DONE], updatedReplicas: 1, replicas: 2 }),
      [],
      {},
      'Updating',
      undefined,
    ],
    [
      'whose change nobody has seen yet is not',
      deploymentOf({ observedGeneration: 2, conditions: [DONE], updatedReplicas: 1, replicas: 1 }),
      [],
      {},
      'Updating',
      undefined,
    ],
    [
      'that is new is being created',
      deploymentOf({}, { previous: undefined }),
      [],
      {},
      'Creating',
      undefined,
    ],
    [
      'that is deleted goes away',
      deploymentOf({ conditions: [DONE], updatedReplicas: 1, replicas: 1 }, {}, { deletionTimestamp: at(1) }),
      [],
      {},
      'Deleting',
      undefined,
    ],
    [
      'whose only change has failed is Failed',
      deploymentOf({}, { failed: { configuration: 'words-2', reason: 'x' } }),
      [],
      {},
      'Failed',
      undefined,
    ],
    [
      'whose last change has failed serves',
      deploymentOf(
        { conditions: [DONE], updatedReplicas: 1, replicas: 1 },
        { failed: { configuration: 'words-3', reason: 'x' } },
      ),
      [],
      {},
      'InService',
      undefined,
    ],
    [
      'waits for an image that may come',
      deploymentOf(going),
      [podOf({ containerStatuses: [waiting('main', 'ErrImagePull')] })],
      {},
      'Updating',
      undefined,
    ],
    [
      'fails by an image that does not come',
      deploymentOf(going),
      [podOf({ containerStatuses: [waiting('main', 'ErrImagePull')] })],
      { imagePullSeconds: 30 },
      'Updating',
      "Container 'main': ErrImagePull: so it is",
    ],
    [
      'fails at once by an image of no name',
      deploymentOf(going),
      [podOf({ containerStatuses: [waiting('main', 'InvalidImageName')] }, 1)],
      {},
      'Updating',
      "Container 'main': InvalidImageName",
    ],
    [
      'fails by a model that is not there',
      deploymentOf(going),
      [podOf({ initContainerStatuses: [ended('prepare', 'NoSuchKey', 2)] })],
      {},
      'Updating',
      'from URL: "s3://b/model.tar.gz". Please ensure that there is an object located at the URL and that the pods may read it. (NoSuchKey)',
    ],
    [
      'bears with a server that has ended once',
      deploymentOf(going),
      [podOf({ containerStatuses: [ended('main', 'oh', 1)] })],
      {},
      'Updating',
      undefined,
    ],
    [
      'fails by one that ends again and again',
      deploymentOf(going),
      [podOf({ containerStatuses: [ended('main', 'oh', 2)] })],
      {},
      'Updating',
      'variant AllTraffic did not pass the ping health check. Please check the logs of this endpoint. (oh)',
    ],
    [
      'fails by one that runs and does not answer',
      deploymentOf(going),
      [
        podOf({
          containerStatuses: [{ name: 'main', ready: false, state: { running: { startedAt: at(241) } } }],
        }),
      ],
      {},
      'Updating',
      'did not pass the ping health check',
    ],
    [
      'has no room for too long',
      deploymentOf({ ...going, conditions: [LATE] }),
      [podOf({ conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes' }] })],
      {},
      'Updating',
      'InsufficientInstanceCapacity error. 0/1 nodes',
    ],
    [
      'whose pods are refused fails',
      deploymentOf({
        ...going,
        conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
      }),
      [],
      {},
      'Updating',
      'exceeded quota',
    ],
  ])('%s', (_, deployment, pods, settings, status, reason) => {
    const state = endpointState(deployment, pods, settings, NOW);
    expect(state?.status).toBe(status);
    expect(state?.toFail?.reason ?? '').toContain(reason ?? '');
    expect(state?.toFail === undefined).toBe(reason === undefined);
    expect(state?.toFail?.configuration).toBe(reason === undefined ? undefined : 'words-2');
  });

  test('is none where a Deployment says nothing of one', () => {
    const deployment = { metadata: { name: 'words' }, spec: { template: { spec: {} } } };
    expect(endpointState(deployment, [], {}, NOW)).toBeUndefined();
  });

  test.each(['', '[1]', '{"configuration": 1}', 'null'])(
    'bears with %s where a failure was written',
    (text) => {
      const annotations = { ...writeMarks(MARKED), [MARKS.failed]: text };
      const deployment = deploymentOf(
        { conditions: [DONE], updatedReplicas: 1, replicas: 1 },
        {},
        { annotations },
      );
      expect(endpointState(deployment, [], {}, NOW)).toMatchObject({ status: 'InService' });
    },
  );
});

const VARIANT: VariantSpec = {
  name: 'AllTraffic',
  instanceType: 'ml.m5.large',
  instanceCount: 2,
  model: {
    image: 'serves:1',
    dataUrl: 's3://b/model.tar.gz',
    environment: { SAGEMAKER_SUBMIT_DIRECTORY: 's3://b/code.tar.gz', PRICE: '$(5)' },
    roleArn: 'r',
  },
};
const OPTIONS = {
  platform: 'kubernetes',
  settings: { credentials: { secret: 's3' } },
  s3: { region: 'us-east-1', endpoint: 'http://s3' },
  agentImage: 'sluice/agent:1',
};
const spec = (variant: Partial<VariantSpec> = {}, others: VariantSpec[] = []): EndpointSpec => ({
  name: 'Words',
  variants: [{ ...VARIANT, ...variant }, ...others],
});

test("the model is brought by the agent, and the user's container has neither credentials nor a token", () => {
  const plan = endpointPlan(spec(), OPTIONS);
  const { spec: deployment } = deploymentManifest(plan, MARKED) as {
    readonly spec: {
      readonly replicas: number;
      readonly template: { readonly spec: Record<string, unknown> };
    };
  };
  expect(deployment).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
  const pod = deployment.template.spec;
  expect(pod['automountServiceAccountToken']).toBe(false);
  expect(pod['initContainers']).toMatchObject([
    {
      args: ['agent', 'model', '--data', 's3://b/model.tar.gz', '--code', 's3://b/code.tar.gz'],
      envFrom: [{ secretRef: { name: 's3' } }],
    },
  ]);
  const [main] = pod['containers'] as [Record<string, unknown>];
  expect(main['envFrom']).toBeUndefined();
  expect(main).toMatchObject({ image: 'serves:1', args: ['serve'] });
  expect(main['env']).toEqual(
    expect.arrayContaining([
      { name: 'SAGEMAKER_SUBMIT_DIRECTORY', value: '/opt/ml/code' },
      { name: 'SAGEMAKER_BIND_TO_PORT', value: '8080' },
      { name: 'PRICE', value: '$$(5)' },
    ]),
  );
});

test.each<[string, EndpointSpec, string]>([
  [
    'several variants',
    spec({}, [{ ...VARIANT, name: 'other' }]),
    'variants: expected one, got AllTraffic, other',
  ],
  ['many models', spec({ model: { ...VARIANT.model, mode: 'MultiModel' } }), 'mode: MultiModel'],
  ['auto-scaling', spec({ scaling: { min: 1, max: 2, invocationsPerInstance: 1 } }), 'scaling: '],
  [
    'a script without an image',
    spec({ model: { ...VARIANT.model, image: 'sluice/node:24' } }),
    'names no image',
  ],
])('%s is refused by name', (_, asked, message) => {
  expect(() => endpointPlan(asked, OPTIONS)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(message) as string }),
  );
});

test('an endpoint answers to its own name alone, not to that of its Deployment', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url?.includes('/proxy/') ? { said: true } : deploymentOf({})));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const access = { server: `http://127.0.0.1:${port}`, namespace: 'ml', credentials: async () => ({}) };
  const endpoints = new KubernetesEndpoints({
    platform: 'kubernetes',
    cluster: new Cluster(new KubeClient(access as unknown as KubeAccess)),
  } as never);
  try {
    const invoke = (EndpointName: string) => endpoints.invoke({ EndpointName, Body: new Uint8Array() });
    await expect(invoke(objectName('Words'))).rejects.toMatchObject({ code: 'EndpointNotFound' });
    expect(asked.some((url) => url.includes('/proxy/'))).toBe(false);
    expect(await invoke('Words')).toMatchObject({ variant: 'AllTraffic' });
  } finally {
    await endpoints.close();
    server.closeAllConnections();
    server.close();
  }
});
