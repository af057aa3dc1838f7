import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { KubeAccess } from '../../../../src/platforms/kubernetes/client/kube-access.ts';
import { KubeClient } from '../../../../src/platforms/kubernetes/client/kube-client.ts';
import { Mirror } from '../../../../src/platforms/kubernetes/client/mirror.ts';
import { inspectCluster } from '../../../../src/platforms/kubernetes/inspect-cluster.ts';
import { keepPod } from '../../../../src/platforms/kubernetes/kept-objects.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Something that answers where an API server was named. */
async function serverOf(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<KubeAccess> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { token: 'secret-token' };
  return {
    server: `http://127.0.0.1:${port}`,
    namespace: 'ml',
    credentials: async () => credentials,
  } as unknown as KubeAccess;
}

async function failureOf(access: KubeAccess): Promise<Error & { code?: string }> {
  const client = new KubeClient(access);
  try {
    await client.get('/api/v1/pods');
    return new Error('It was answered.');
  } catch (error) {
    return error as Error;
  } finally {
    client.close();
  }
}

describe('what answers in place of an API server', () => {
  test('does not send our credentials elsewhere', async () => {
    const asked: (string | undefined)[] = [];
    const other = await serverOf((request, response) => {
      asked.push(request.headers.authorization);
      response.end('{}');
    });
    const access = await serverOf((_, response) => {
      response.writeHead(302, { location: `${other.server}/api/v1/pods` }).end();
    });
    expect((await failureOf(access)).message).toContain('the cluster answers 302');
    expect(asked).toEqual([]);
  });

  test('may not write to our terminal, nor fill our memory', async () => {
    const message = `no\u001b]0;owned\u0007 ${'x'.repeat(3 << 20)}`;
    const access = await serverOf((_, response) => {
      response.writeHead(403).end(JSON.stringify({ message }));
    });
    const { message: told } = await failureOf(access);
    expect(told).not.toMatch(/[\u0007\u001b]/);
    expect(told.length).toBeLessThan(2000);
  });

  test('is told from one', async () => {
    const access = await serverOf((_, response) => response.end('<html>Log in</html>'));
    expect(await failureOf(access)).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('is no API server') as string,
    });
  });

  test('may have a list without end', async () => {
    const access = await serverOf((_, response) =>
      response.end('{"metadata":{"resourceVersion":"1","continue":"on"},"items":[]}'),
    );
    const client = new KubeClient(access);
    const mirror = new Mirror(client, { path: '/api/v1/pods', keep: keepPod });
    await expect(mirror.ready()).rejects.toThrow('its list has no end');
    mirror[Symbol.dispose]();
    client.close();
  });
});

test('what a pod says of itself is kept without control characters', () => {
  const waiting = { reason: 'ErrImagePull', message: 'a\u001b[31mb' };
  const pod = keepPod({
    metadata: { name: 'p' },
    spec: {},
    status: { containerStatuses: [{ name: 'main', state: { waiting } }] },
  });
  expect(pod.containers[0]?.state?.waiting?.message).toBe('a [31mb');
});

test('a cluster that is too old, and every right that is missing, are told one by one', async () => {
  const denied = new Set(['create jobs', 'get pods/log', 'list replicasets', 'create services/proxy']);
  const access = await serverOf(async (request, response) => {
    if (request.url === '/version') return response.end('{"gitVersion":"v1.28.3","minor":"28+"}');
    if (request.method === 'GET') return response.writeHead(404).end('{}');
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    const { verb, resource, subresource } = (
      JSON.parse(body) as { spec: { resourceAttributes: Record<string, string> } }
    ).spec.resourceAttributes;
    const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
    response.end(JSON.stringify({ status: { allowed: !denied.has(`${verb} ${whole}`) } }));
  });
  expect(await inspectCluster(access)).toMatchObject({
    version: 'v1.28.3',
    sidecars: false,
    severalHosts: false,
    jobSet: false,
    missingRights: ['create jobs.batch', 'get pods/log'],
    missingEndpointRights: ['list replicasets.apps', 'create services/proxy'],
  });
});
