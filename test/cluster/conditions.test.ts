/** What a pod's surroundings allow, and what they do not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { KubernetesSettings } from '../../src/core/platforms-settings.ts';
import type { Platform } from '../../src/platforms/index.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { SHELLLESS_IMAGE } from '../harness/cluster-images.ts';
import { endOfJob, linesOf, submitJob, taskOf } from '../harness/cluster-jobs.ts';
import { type JobsNamespace, kubectl, openJobsNamespace, testCluster } from '../harness/kubernetes.ts';

let directory: string;
let namespace: JobsNamespace;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-conditions-'));
  namespace = await openJobsNamespace();
  await namespace.s3.store.createBucket('data');
  await namespace.s3.store.put('data', 'train/a.txt', 'some text');
}, 300_000);
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function platformOf(more: Partial<KubernetesSettings> = {}): Promise<Platform> {
  const { settings, environment } = namespace;
  const options = { home: join(directory, 'home'), settings: { ...settings, ...more }, environment };
  const { platform, detach } = await openPlatform(options);
  opened.push(detach);
  return platform;
}

test.each([
  ['mount', 'fuse'],
  ['copy', 'none'],
] as const)('a FastFile channel under fastFile: %s is read', async (fastFile, expected) => {
  const platform = await platformOf({ fastFile });
  const place = '/opt/ml/input/data/train';
  const command = `cat ${place}/a.txt; echo; grep -q "${place}.* fuse" /proc/mounts && echo fuse || echo none`;
  const task = taskOf(command, { channels: { train: { inputMode: 'FastFile' } } as never });
  const handle = await submitJob(platform, `fast-${fastFile}`, task, { train: 's3://data/train/' });
  expect(await endOfJob(platform, handle)).toMatchObject({ phase: 'succeeded' });
  expect(await linesOf(platform, handle)).toEqual(['some text', expected]);
});

test('an image without a shell runs; what it has not is named', async () => {
  const platform = await platformOf();
  const { command: _, ...task } = taskOf('', { image: SHELLLESS_IMAGE });
  const own = await submitJob(platform, 'no-shell', task);
  expect(await endOfJob(platform, own)).toMatchObject({ phase: 'succeeded' });
  expect(await linesOf(platform, own)).toEqual(['train']);
  const shell = await submitJob(platform, 'shell', taskOf('true', { image: SHELLLESS_IMAGE }));
  const status = await endOfJob(platform, shell);
  expect(status).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(status.message).toBe("ClientError: The image does not have 'sh': No such file or directory.");
});

test('an S3 that pods do not reach is the reason, in its time', async () => {
  const { address } = testCluster();
  await using way = await openWay(namespace.s3.port, address);
  const platform = await platformOf({
    s3: { endpoint: `http://${address}:${way.port}`, region: 'us-east-1' },
  });
  const handle = await submitJob(platform, 'no-s3', taskOf('true'));
  const status = await endOfJob(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', fault: 'system' });
  expect(status.message).toMatch(
    /left no result.* prepare: .*job\.json: .*The endpoint could not be reached/s,
  );
});

/** A way to the S3 that this machine can go, and no pod: what comes from one is cut off. */
async function openWay(to: number, address: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((from) => {
    from.on('error', () => undefined);
    if (from.remoteAddress !== address) return void from.resetAndDestroy();
    const s3 = connect(to, address).on('error', () => from.destroy());
    from.pipe(s3).pipe(from);
    from.on('close', () => s3.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  return {
    port: (server.address() as { readonly port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

test("the agent gets into S3 by the role of the pod's account, as its cluster says it", async () => {
  const { address } = testCluster();
  const asked: URLSearchParams[] = [];
  await using sts = await serveTokens(address, asked);
  // What EKS's webhook writes into pods whose account has a role.
  const variables = {
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/Jobs',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    AWS_ENDPOINT_URL_STS: `http://${address}:${sts.port}`,
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(writesInto(namespace.name, variables)));
  const initContainers = [{ name: 'any', image: 'any' }];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'any' },
    spec: { initContainers, containers: initContainers.map((each) => ({ ...each, name: 'main' })) },
  };
  const tried = () =>
    kubectl(
      ['-n', namespace.name, 'create', '--dry-run=server', '-o', 'json', '-f', '-'],
      JSON.stringify(pod),
    );
  await expect.poll(tried, { timeout: 120_000 }).toContain('AWS_ROLE_ARN');
  const platform = await platformOf({ credentials: 'role' });
  const saves = taskOf('echo saved > /opt/ml/model/m');
  const handle = await submitJob(platform, 'by-role', saves);
  const status = await endOfJob(platform, handle);
  await kubectl(['delete', 'mutatingadmissionpolicy,mutatingadmissionpolicybinding', namespace.name]);
  expect(status).toMatchObject({ phase: 'succeeded' });
  expect(status.outputs['model']).toMatch(/by-role\/output\/model\.tar\.gz$/);
  expect(asked[0]?.get('RoleArn')).toBe(variables.AWS_ROLE_ARN);
  // A token of the account of the pod.
  const [, claims = ''] = (asked[0]?.get('WebIdentityToken') ?? '').split('.');
  const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly sub: string };
  expect(sub).toBe(`system:serviceaccount:${namespace.name}:default`);
});

/** Gives the credentials of the tests to whoever has a token, as AWS does. */
async function serveTokens(
  address: string,
  asked: URLSearchParams[],
): Promise<AsyncDisposable & { readonly port: number }> {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = namespace.environment;
  const credentials = `<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`;
  const result = `<AssumeRoleWithWebIdentityResult><Credentials>${credentials}</Credentials></AssumeRoleWithWebIdentityResult>`;
  const answer = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</AssumeRoleWithWebIdentityResponse>`;
  const server = createHttpServer((request, response) => {
    void text(request).then((body) => {
      asked.push(new URLSearchParams(body));
      return response.setHeader('content-type', 'text/xml').end(answer);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  return {
    port: (server.address() as { readonly port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What has the cluster write variables into all init containers of a namespace's pods. */
function writesInto(name: string, variables: Readonly<Record<string, string>>): object {
  const of = 'Object.spec.initContainers';
  const env = Object.entries(variables).map(([key, value]) => `${of}.env{name: "${key}", value: "${value}"}`);
  const expression = `Object{spec: Object.spec{initContainers: object.spec.initContainers.map(c, ${of}{name: c.name, env: [${env.join(', ')}]})}}`;
  const group = 'admissionregistration.k8s.io/v1';
  const pods = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': name } };
  const policy = {
    apiVersion: group,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [pods], namespaceSelector },
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    },
  };
  const binding = {
    apiVersion: group,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name },
  };
  return { apiVersion: 'v1', kind: 'List', items: [policy, binding] };
}
