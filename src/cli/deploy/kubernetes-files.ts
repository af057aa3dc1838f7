/**
 * What a cluster needs, as Kustomize takes it: a namespace, the ConfigMap of plugins, service accounts, the agent, which
 * is a `sluice serve` in a pod, and the connector, which Flyte's Propeller sends tasks to.
 *
 * By design: the agent runs as no user of the cluster's, without privileges, with a home on a volume of its own. One pod
 * has a home, so that a new one starts once the old one has ended.
 */
import { stringify } from 'yaml';
import { connectorDocuments, propellerConfiguration } from './connector-documents.ts';
import { digest } from './digest.ts';
import type { Deployment } from './read-deployment.ts';

/** The port of `sluice serve`. */
const PORT = 4777;
const HOME = '/var/lib/sluice';
const USER = 10_001;

/** The files of a directory that `kubectl apply -k` takes. */
export function kubernetesFiles(deployment: Deployment): { readonly name: string; readonly text: string }[] {
  const { namespace, agent, connector } = deployment;
  const documents: Record<string, readonly object[]> = {
    'namespace.yaml': [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }],
    'config-map.yaml': [configMap(deployment)],
    'service-accounts.yaml': serviceAccounts(deployment),
    ...(agent && { 'agent.yaml': agentDocuments(deployment, agent) }),
    ...(connector && { 'connector.yaml': connectorDocuments(deployment, connector) }),
  };
  const filled = Object.entries(documents).filter(([, each]) => each.length > 0);
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    labels: [{ pairs: { 'app.kubernetes.io/managed-by': 'sluice' } }],
    resources: filled.map(([name]) => name),
  };
  return [
    { name: 'kustomization.yaml', text: yaml([kustomization]) },
    ...filled.map(([name, each]) => ({ name, text: yaml(each) })),
  ];
}

function yaml(documents: readonly object[]): string {
  return documents.map((each) => stringify(each, { aliasDuplicateObjects: false })).join('---\n');
}

function configMap(deployment: Deployment): object {
  const { configMap: name, namespace, pluginsText, connector } = deployment;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: {
      'plugins.yaml': pluginsText,
      ...(connector && { 'connector.yaml': stringify(propellerConfiguration(connector, deployment)) }),
    },
  };
}

function serviceAccounts({ namespace, agent, connector, serviceAccounts: accounts }: Deployment): object[] {
  const own = [agent, connector].flatMap((each) => (each ? [each.serviceAccount] : []));
  const names = new Set([...Object.keys(accounts), ...own]);
  return [...names].sort().map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  }));
}

function agentDocuments(deployment: Deployment, agent: NonNullable<Deployment['agent']>): object[] {
  const { namespace } = deployment;
  const { name, storage } = agent;
  const labels = { 'app.kubernetes.io/name': name };
  const metadata = { name, namespace, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ name: 'http', port: PORT, targetPort: 'http' }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { 'sluice/plugins': digest(deployment.pluginsText) } },
          spec: podSpec(deployment, agent),
        },
      },
    },
  ];
}

function podSpec(
  { configMap: plugins, namespace }: Deployment,
  agent: NonNullable<Deployment['agent']>,
): object {
  const { name, image, secret, serviceAccount } = agent;
  const hosts = [
    name,
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    `${name}.${namespace}.svc.cluster.local`,
  ];
  return {
    serviceAccountName: serviceAccount,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationGracePeriodSeconds: 150,
    containers: [
      {
        name: 'sluice',
        image,
        args: [
          'serve',
          '--credentials',
          '--host',
          '0.0.0.0',
          ...hosts.flatMap((host) => ['--allowed-host', host]),
        ],
        ports: [{ name: 'http', containerPort: PORT }],
        env: [
          { name: 'SLUICE_HOME', value: HOME },
          { name: 'SLUICE_CONFIG', value: '/etc/sluice/plugins.yaml' },
        ],
        ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
        readinessProbe: { httpGet: { path: '/_sluice/ready', port: 'http' }, periodSeconds: 10 },
        resources: { requests: { cpu: '250m', memory: '512Mi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [
          { name: 'home', mountPath: HOME },
          { name: 'config', mountPath: '/etc/sluice', readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'home', persistentVolumeClaim: { claimName: name } },
      { name: 'config', configMap: { name: plugins } },
    ],
  };
}
