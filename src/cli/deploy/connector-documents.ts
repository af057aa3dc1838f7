/**
 * `sluice connector` in a cluster, and what Propeller has to know of it.
 *
 * By design: it is reached by Propeller alone, since whoever reaches it may have jobs run; what these may use its
 * configuration says. One replica has a home on a volume of its own; several share a database.
 *
 * @see https://github.com/flyteorg/flyte/blob/v1.16.8/flyteplugins/go/tasks/plugins/webapi/connector/config.go
 */
import { stringify } from 'yaml';
import { digest } from './digest.ts';
import type { Deployment } from './read-deployment.ts';

/** The ports of `sluice connector`. */
const PORT = 8000;
const METRICS_PORT = 9090;
const HOME = '/var/lib/sluice';
const USER = 10_001;

/** What Propeller sends it. A type that is in no list goes to pods. */
const TASK_TYPES = [
  'sluice_training',
  'sluice_processing',
  'sluice_batch_transform',
  'sluice_endpoint',
  'sluice_spark',
  'sluice_pipeline',
];

/**
 * flytekit's own, as far as they take their time: Propeller finds them with the connector's list, too, but a task whose type
 * it does not know yet goes to a pod. `boto`, which is one request, it has to find there.
 */
const FLYTEKIT_TYPES = [
  'sagemaker-training-job',
  'sagemaker-processing-job',
  'sagemaker-transform-job',
  'sagemaker-hyperparameter-tuning-job',
  'sagemaker-inference-recommender-job',
  'sagemaker-training-task',
  'sagemaker-processing-task',
  'sagemaker-endpoint',
  'emr_serverless',
];

/** Served where there are settings of Batch; Propeller's own plugin for it is not asked then. */
const BATCH_TYPES = ['aws-batch'];

/** How Propeller calls those by which it runs Flyte's: `app.kubernetes.io/name`. */
const PROPELLERS = ['flytepropeller', 'flyte-binary'];

type ConnectorDeployment = NonNullable<Deployment['connector']>;

/** Propeller's own configuration, one more file in the directory that it reads. */
export function propellerConfiguration(
  { name, tls }: ConnectorDeployment,
  { namespace, platforms }: Pick<Deployment, 'namespace' | 'platforms'>,
): object {
  const batchTypes = platforms.batch ? BATCH_TYPES : [];
  return {
    tasks: {
      'task-plugins': {
        'enabled-plugins': ['container', 'sidecar', 'k8s-array', 'connector-service'],
        'default-for-task-types': {
          container: 'container',
          sidecar: 'sidecar',
          container_array: 'k8s-array',
          ...Object.fromEntries([...TASK_TYPES, ...batchTypes].map((type) => [type, 'connector-service'])),
        },
      },
    },
    plugins: {
      'connector-service': {
        // Propeller does not start while the connector is down and there are none.
        supportedTaskTypes: [...TASK_TYPES, ...FLYTEKIT_TYPES, ...batchTypes],
        defaultConnector: {
          endpoint: `dns:///${name}.${namespace}.svc.cluster.local:${PORT}`,
          insecure: tls === undefined,
          defaultTimeout: '10s',
        },
      },
    },
  };
}

/** Its configuration, its service, its pods, and who may reach them. */
export function connectorDocuments(deployment: Deployment, connector: ConnectorDeployment): object[] {
  const { namespace } = deployment;
  const { name, replicas, storage, allow } = connector;
  const labels = { 'app.kubernetes.io/name': name };
  const metadata = { name, namespace, labels };
  const configuration = stringify({ flyte: { allow } });
  const isAlone = replicas === 1;
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'sluice.yaml': configuration } },
    ...(isAlone ? [volumeClaim(metadata, storage)] : []),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      // Without an address of its own: Propeller spreads its calls over the replicas itself.
      spec: {
        ...(isAlone ? {} : { clusterIP: 'None' }),
        selector: labels,
        ports: [
          { name: 'grpc', port: PORT, targetPort: 'grpc' },
          { name: 'metrics', port: METRICS_PORT, targetPort: 'metrics' },
        ],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas,
        // Else a rolling update, Kubernetes' default: said again, each apply would change it.
        ...(isAlone && { strategy: { type: 'Recreate' } }),
        selector: { matchLabels: labels },
        template: {
          metadata: {
            labels,
            annotations: { 'sluice/configuration': digest(configuration + deployment.pluginsText) },
          },
          spec: podSpec(deployment, connector),
        },
      },
    },
    networkPolicy(metadata, labels),
  ];
}

function volumeClaim(metadata: object, storage: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  };
}

function networkPolicy(metadata: object, labels: object): object {
  const propeller = {
    matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'In', values: PROPELLERS }],
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: propeller, namespaceSelector: {} }], ports: [port('grpc')] },
        { from: [{ namespaceSelector: {} }], ports: [port('metrics')] },
      ],
    },
  };
}

/** With its protocol, which Kubernetes adds: without it, each apply would change it. */
function port(name: string): object {
  return { protocol: 'TCP', port: name };
}

function podSpec({ configMap: plugins }: Deployment, connector: ConnectorDeployment): object {
  const { name, image, secret, tls, serviceAccount, replicas } = connector;
  const certificate = tls === undefined ? [] : ['--tls-cert', '/tls/tls.crt', '--tls-key', '/tls/tls.key'];
  // The kubelet's check speaks no TLS.
  const probe = tls === undefined ? { grpc: { port: PORT } } : { tcpSocket: { port: 'grpc' } };
  return {
    serviceAccountName: serviceAccount,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: 'sluice',
        image,
        args: ['connector', '--host', '0.0.0.0', '--metrics-port', String(METRICS_PORT), ...certificate],
        ports: [
          { name: 'grpc', containerPort: PORT },
          { name: 'metrics', containerPort: METRICS_PORT },
        ],
        env: [
          { name: 'SLUICE_HOME', value: HOME },
          { name: 'SLUICE_CONFIG', value: '/etc/sluice/plugins.yaml:/etc/connector/sluice.yaml' },
        ],
        ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
        readinessProbe: { ...probe, periodSeconds: 10 },
        livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 6 },
        resources: { requests: { cpu: '250m', memory: '512Mi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [
          { name: 'home', mountPath: HOME },
          { name: 'plugins', mountPath: '/etc/sluice', readOnly: true },
          { name: 'config', mountPath: '/etc/connector', readOnly: true },
          ...(tls === undefined ? [] : [{ name: 'tls', mountPath: '/tls', readOnly: true }]),
        ],
      },
    ],
    volumes: [
      replicas === 1
        ? { name: 'home', persistentVolumeClaim: { claimName: name } }
        : { name: 'home', emptyDir: {} },
      { name: 'plugins', configMap: { name: plugins } },
      { name: 'config', configMap: { name } },
      ...(tls === undefined ? [] : [{ name: 'tls', secret: { secretName: tls } }]),
    ],
  };
}
