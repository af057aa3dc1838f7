import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import type { KubernetesSettings } from '../../src/core/platforms-settings.ts';
import { pollUntil } from '../../src/core/poll-until.ts';
import { parseS3Uri } from '../../src/objects/index.ts';
import { findAccess } from '../../src/platforms/kubernetes/client/find-access.ts';
import { KubeClient } from '../../src/platforms/kubernetes/client/kube-client.ts';
import { AGENT_IMAGE } from './cluster-images.ts';
import { IMAGE } from './containers.ts';
import { startS3, type TestS3, testCredentials } from './s3-server.ts';

/** The cluster that `npm run test:cluster` has started. */
export interface TestCluster {
  readonly kubeconfig: string;
  /** Of the node: pods reach this machine by it. */
  readonly address: string;
  readonly server: string;
  /** Where its files lie: `client.crt`, `client.key`, `certs/apiserver.crt`. */
  readonly state: string;
  /** Kubernetes, kubectl too. */
  readonly kube: string;
  /** Process id. */
  readonly kubelet: number;
}

/** @throws Error where there is none */
export function testCluster(): TestCluster {
  const text = process.env['SLUICE_TEST_CLUSTER'];
  if (text === undefined)
    throw new Error('These tests need a cluster: npm run test:cluster -- test/cluster/…');
  return JSON.parse(text) as TestCluster;
}

/** What kubectl prints. @throws Error with what it says went wrong */
export function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { kube, kubeconfig, state } = testCluster();
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: state };
  return new Promise((done, failed) => {
    const child = execFile(
      kube,
      ['kubectl', ...args],
      { env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        if (error) failed(new Error(`kubectl ${args.join(' ')}: ${stderr || error.message}`));
        else done(stdout);
      },
    );
    child.stdin?.end(input);
  });
}

/** A client that may do everything. Close it. */
export async function adminClient(namespace?: string): Promise<KubeClient> {
  return new KubeClient(await findAccess({ kubeconfig: testCluster().kubeconfig, namespace }, process.env));
}

/** A namespace of its own, as the guide sets one up for jobs, and an S3 that its pods reach. */
export interface JobsNamespace extends AsyncDisposable {
  readonly name: string;
  readonly s3: TestS3;
  readonly settings: KubernetesSettings;
  /** By which the platform signs its requests to the S3. */
  readonly environment: Readonly<Record<string, string>>;
}

const SECRET = 's3-credentials';

/** Makes one. */
export async function openJobsNamespace(): Promise<JobsNamespace> {
  const { address, kubeconfig } = testCluster();
  const name = `jobs-${randomBytes(4).toString('hex')}`;
  const s3 = await startS3({ host: address });
  const environment = {
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
  };
  const endpoint = `http://${address}:${s3.port}`;
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: SECRET, namespace: name },
      stringData: environment,
    },
    ...agentRights(name),
  ];
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const client = await adminClient();
  // Pods that are made before it have no account.
  for (let tries = 0; tries < 100; tries++) {
    const there = await client
      .get(`/api/v1/namespaces/${name}/serviceaccounts/default`)
      .catch(() => undefined);
    if (there) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    name,
    s3,
    environment,
    settings: {
      kubeconfig,
      namespace: name,
      s3: { endpoint, region: 'us-east-1' },
      credentials: { secret: SECRET },
      agentImage: AGENT_IMAGE,
      images: { node: IMAGE },
      imagePullPolicy: 'Never',
      instanceTypes: { 'ml.m5.large': { cpus: '100m', memory: '256Mi' } },
      uploadSeconds: 30,
    },
    [Symbol.asyncDispose]: async () => {
      await client.delete(`/api/v1/namespaces/${name}`);
      client.close();
      await s3.close();
    },
  };
}

/** Leaves no jobs in a namespace, and nothing that some have made under the names of the platform suite. */
export async function clearJobs({ name, s3 }: JobsNamespace): Promise<void> {
  const remove = (what: string, ...more: readonly string[]) =>
    kubectl(['-n', name, 'delete', what, '--all', ...more]);
  await remove('jobs', '--wait=false');
  await remove('pods', '--grace-period=0', '--force');
  const bucket = defaultBucket(DEFAULT_ACCOUNT);
  for await (const { key } of s3.store.list(bucket, { prefix: 'conformance-' }))
    await s3.store.delete(bucket, key);
  const isClear = async () => (await kubectl(['-n', name, 'get', 'jobs', '-o', 'name'])) === '';
  if (!(await pollUntil(isClear, { everyMs: 200, limitMs: 120_000 })))
    throw new Error(`There are still jobs in ${name}.`);
}

/** The text of an object of its S3. */
export async function readObject({ s3 }: JobsNamespace, uri: string): Promise<string> {
  const { bucket, key } = parseS3Uri(uri);
  const { body } = await s3.store.get(bucket, key, await s3.store.head(bucket, key));
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

/** What the agent of a job reads: how its own pod's container has ended, and its log. */
function agentRights(namespace: string): object[] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'sluice-agent', namespace },
      rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'sluice-agent', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'sluice-agent' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
    },
  ];
}
