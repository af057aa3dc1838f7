import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccess } from '../../src/platforms/kubernetes/client/find-access.ts';
import { KubeClient } from '../../src/platforms/kubernetes/client/kube-client.ts';
import { Mirror } from '../../src/platforms/kubernetes/client/mirror.ts';
import { adminClient, kubectl, testCluster } from '../harness/kubernetes.ts';

const NAMESPACE = 'client-tests';
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
let directory: string;
let admin: KubeClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kube-client-'));
  await kubectl(['create', 'namespace', NAMESPACE]);
  admin = await adminClient(NAMESPACE);
});
afterAll(async () => {
  admin.close();
  await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  await rm(directory, { recursive: true });
});

const mapOf = (name: string, data: Record<string, string> = {}) => ({
  metadata: { name, labels: { set: 'a' } },
  data,
});

async function clientOf(user: object, cluster: object = {}): Promise<KubeClient> {
  const { server, state } = testCluster();
  const file = join(
    directory,
    `config-${createHash('sha256')
      .update(JSON.stringify([user, cluster]))
      .digest('hex')
      .slice(0, 8)}`,
  );
  const config = {
    clusters: [
      {
        name: 'c',
        cluster: { server, 'certificate-authority': join(state, 'certs/apiserver.crt'), ...cluster },
      },
    ],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(file, JSON.stringify(config));
  return new KubeClient(await findAccess({ kubeconfig: file }, process.env));
}

async function whoIs(client: KubeClient): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const answer = await client.post<{ status: { userInfo: { username: string } } }>(
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    review,
  );
  client.close();
  return answer.status.userInfo.username;
}

describe('who one is', () => {
  test('by a token', async () => {
    expect(await whoIs(await clientOf({ token: 'admin-token' }))).toBe('admin');
  });

  test('by a client certificate', async () => {
    const { state } = testCluster();
    const user = { 'client-certificate': join(state, 'client.crt'), 'client-key': join(state, 'client.key') };
    expect(await whoIs(await clientOf(user))).toBe('by-certificate');
  });

  test('by a credential plugin, asked anew when its token is refused', async () => {
    const command = join(directory, 'plugin');
    const calls = join(directory, 'calls');
    await writeFile(
      command,
      `#!/bin/sh
       echo >> ${calls}
       [ $(wc -l < ${calls}) = 1 ] && token=old || token=admin-token
       echo '{"kind":"ExecCredential","status":{"token":"'$token'"}}'`,
    );
    await chmod(command, 0o755);
    expect(
      await whoIs(await clientOf({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command } })),
    ).toBe('admin');
    expect(await readFile(calls, 'utf8')).toBe('\n\n');
  });

  test('nobody, by a token that the cluster does not know', async () => {
    const client = await clientOf({ token: 'wrong' });
    await expect(client.get('/api/v1/nodes')).rejects.toMatchObject({ code: 'CredentialsInvalid' });
    client.close();
  });

  test('is not told to a server whose certificate is of another authority', async () => {
    const client = await clientOf(
      { token: 'admin-token' },
      { 'certificate-authority': join(testCluster().state, 'ca.crt') },
    );
    await expect(client.get('/api/v1/nodes')).rejects.toMatchObject({
      code: 'CredentialsInvalid',
      hint: expect.stringContaining('certificate-authority'),
    });
    client.close();
  });
});

test('creates, reads, changes and deletes; a second create and what is not there are told apart', async () => {
  await admin.post(CONFIG_MAPS, mapOf('one', { a: '1' }));
  await expect(admin.post(CONFIG_MAPS, mapOf('one'))).rejects.toMatchObject({
    details: { status: 409, reason: 'AlreadyExists' },
  });
  await admin.patch(`${CONFIG_MAPS}/one`, { data: { b: '2' } });
  expect(await admin.get(`${CONFIG_MAPS}/one`)).toMatchObject({ data: { a: '1', b: '2' } });
  expect(await admin.delete(`${CONFIG_MAPS}/one`)).toBe(true);
  expect(await admin.delete(`${CONFIG_MAPS}/one`)).toBe(false);
  await expect(admin.get(`${CONFIG_MAPS}/one`)).rejects.toMatchObject({
    code: 'InvalidArgument',
    details: { status: 404 },
  });
});

test('names what somebody may not do, and what is wrong with an object', async () => {
  await kubectl(['-n', NAMESPACE, 'create', 'serviceaccount', 'nobody']);
  const token = (await kubectl(['-n', NAMESPACE, 'create', 'token', 'nobody'])).trim();
  const nobody = await clientOf({ token });
  await expect(nobody.get(CONFIG_MAPS)).rejects.toMatchObject({
    code: 'AccessDenied',
    message: expect.stringContaining('cannot list resource "configmaps"'),
  });
  nobody.close();
  await expect(admin.post(CONFIG_MAPS, mapOf('Not A Name'))).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringContaining('metadata.name'),
  });
});

test('says that a cluster is not there, within its tries', async () => {
  const client = await clientOf({}, { server: 'https://127.0.0.1:1' });
  await expect(client.get('/api/v1/nodes')).rejects.toMatchObject({
    code: 'PlatformUnavailable',
    message: expect.stringContaining('127.0.0.1:1'),
  });
  client.close();
});

describe('a mirror', () => {
  test('follows what is made, changed and deleted, page by page from the beginning', async () => {
    for (let index = 0; index < 12; index++) await admin.post(CONFIG_MAPS, mapOf(`m-${index}`));
    using mirror = new Mirror(admin, {
      path: CONFIG_MAPS,
      labelSelector: 'set=a',
      keep: (object) => (object as { data?: object }).data,
    });
    await mirror.ready();
    expect(mirror.objects.size).toBe(12);
    await admin.patch(`${CONFIG_MAPS}/m-1`, { data: { x: 'y' } });
    await admin.delete(`${CONFIG_MAPS}/m-2`);
    await admin.post(CONFIG_MAPS, mapOf('m-new'));
    await expect.poll(() => mirror.objects.get('m-1')).toEqual({ x: 'y' });
    await expect.poll(() => mirror.objects.has('m-2')).toBe(false);
    await expect.poll(() => mirror.objects.has('m-new')).toBe(true);
  });

  test('goes on through broken connections, throttling, errors and a history that is forgotten', async () => {
    await using gate = await openGate();
    const client = await clientOf({ token: 'admin-token' }, { server: gate.url });
    using mirror = new Mirror(client, {
      path: CONFIG_MAPS,
      labelSelector: 'set=b',
      keep: ({ metadata }) => metadata.resourceVersion,
    });
    const put = (name: string) => admin.post(CONFIG_MAPS, { metadata: { name, labels: { set: 'b' } } });
    const isSeen = (name: string) =>
      expect.poll(() => mirror.objects.has(name), { timeout: 120_000 }).toBe(true);
    await mirror.ready();
    await put('b-first');
    await isSeen('b-first');
    gate.cut();
    await put('b-cut');
    await isSeen('b-cut');
    for (const fault of ['throttle', 'error', 'gone-answer', 'gone-event'] as const) {
      gate.next(fault);
      gate.cut();
      await put(`b-${fault}`);
      await isSeen(`b-${fault}`);
    }
    expect(gate.faults()).toEqual(['throttle', 'error', 'gone-answer', 'gone-event']);
    // Goes on where it was, unless the server has forgotten that.
    expect(gate.lists()).toBe(3);
    client.close();
  });

  test('says why it cannot tell', async () => {
    const nobody = await clientOf({ token: 'wrong' });
    using mirror = new Mirror(nobody, { path: CONFIG_MAPS, keep: () => true });
    await expect(mirror.ready()).rejects.toMatchObject({ code: 'CredentialsInvalid' });
    nobody.close();
  });
});

type Fault = 'throttle' | 'error' | 'gone-answer' | 'gone-event';

/** Stands before the API server, and breaks what is asked to break. */
async function openGate() {
  const { server, state } = testCluster();
  const ca = await readFile(join(state, 'certs/apiserver.crt'));
  const open = new Set<{ destroy(): void }>();
  const asked: Fault[] = [];
  const done: Fault[] = [];
  let lists = 0;
  const gate = createServer((incoming, outgoing) => {
    const isWatch = /[?&]watch=true/.test(incoming.url ?? '');
    if (!isWatch) lists++;
    const fault = isWatch ? asked.shift() : undefined;
    if (fault) {
      done.push(fault);
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
      if (fault === 'throttle') return void outgoing.writeHead(429, { 'retry-after': '1' }).end('{}');
      if (fault === 'error') return void outgoing.writeHead(503).end('{}');
      if (fault === 'gone-answer') return void outgoing.writeHead(410).end(JSON.stringify(status));
      return void outgoing
        .writeHead(200)
        .end(`${JSON.stringify({ type: 'ERROR', object: { metadata: {}, ...status } })}\n`);
    }
    const passed = request(
      `${server}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers, ca },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      },
    );
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
    if (!isWatch) return;
    const watch = { destroy: () => (passed.destroy(), outgoing.destroy()) };
    open.add(watch);
    outgoing.on('close', () => (passed.destroy(), open.delete(watch)));
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const { port } = gate.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    next: (fault: Fault) => asked.push(fault),
    faults: () => done,
    lists: () => lists,
    cut: () => {
      for (const watch of open) watch.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const watch of open) watch.destroy();
      gate.closeAllConnections();
      await new Promise((resolve) => gate.close(resolve));
    },
  };
}
