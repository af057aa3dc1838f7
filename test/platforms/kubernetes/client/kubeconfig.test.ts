import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccess } from '../../../../src/platforms/kubernetes/client/find-access.ts';
import { readKubeconfig } from '../../../../src/platforms/kubernetes/client/kubeconfig.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubeconfig-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function fileOf(name: string, config: unknown): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

function configOf(user: object, cluster: object = {}) {
  return {
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'ml' } }],
    'current-context': 'x',
  };
}

const environment = { PATH: process.env['PATH'] };

test('says where a context leads, and who one is there', async () => {
  const ca = Buffer.from('PEM').toString('base64');
  const file = await fileOf('token', configOf({ token: 't' }, { 'certificate-authority-data': ca }));
  const access = await readKubeconfig([file], { environment });
  expect(access).toMatchObject({ server: 'https://10.0.0.1:6443', namespace: 'ml', ca: 'PEM' });
  expect(access.source).toContain(`context 'x' of ${file}`);
  expect(await access.credentials()).toMatchObject({ token: 't' });
});

test('reads certificates and keys beside the file', async () => {
  await fileOf('client.crt', 'CERT');
  const key = Buffer.from('KEY').toString('base64');
  const file = await fileOf(
    'certificate',
    configOf({ 'client-certificate': 'client.crt', 'client-key-data': key }),
  );
  const access = await readKubeconfig([file], { environment });
  expect(await access.credentials()).toMatchObject({ certificate: 'CERT', key: 'KEY' });
});

test('of several files the first that says a thing wins', async () => {
  const one = await fileOf('one', { ...configOf({ token: 'one' }), contexts: [] });
  const two = await fileOf('two', configOf({ token: 'two' }));
  const access = await readKubeconfig([one, join(directory, 'nowhere'), two], { environment });
  expect(await access.credentials()).toMatchObject({ token: 'one' });
});

describe('a credential plugin', () => {
  async function plugin(script: string, more: object = {}): Promise<string> {
    const command = await fileOf('plugin.sh', `#!/bin/sh\n${script}\n`);
    await chmod(command, 0o755);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin.sh',
      args: ['a b'],
      ...more,
    };
    return fileOf('exec', configOf({ exec }));
  }

  test('is asked once until its token expires or is refused, and told of the cluster', async () => {
    const calls = join(directory, 'calls');
    const file = await plugin(
      `echo "$1 $FOO $KUBERNETES_EXEC_INFO" >> ${calls}
       echo '{"kind":"ExecCredential","status":{"token":"t'$(wc -l < ${calls})'","expirationTimestamp":"2126-01-01T00:00:00Z"}}'`,
      { env: [{ name: 'FOO', value: 'bar' }], provideClusterInfo: true },
    );
    const { credentials } = await readKubeconfig([file], { environment });
    const [first, same] = await Promise.all([credentials(), credentials()]);
    expect(first).toMatchObject({ token: 't1' });
    expect(same).toBe(first);
    expect(await credentials(first)).toMatchObject({ token: 't2' });
    const { readFile } = await import('node:fs/promises');
    const [call = ''] = (await readFile(calls, 'utf8')).split('\n');
    expect(call).toMatch(/^a b bar /);
    expect(JSON.parse(call.slice(8))).toMatchObject({
      spec: { interactive: false, cluster: { server: 'https://10.0.0.1:6443/' } },
    });
  });

  test.each([
    ['fails', 'echo "token has expired, log in" >&2; exit 1', /log in/],
    ['says nothing', 'echo {}', /neither a token nor a certificate/],
  ])('that %s is named', async (_, script, message) => {
    const { credentials } = await readKubeconfig([await plugin(script)], { environment });
    await expect(credentials()).rejects.toMatchObject({
      code: 'CredentialsMissing',
      message: expect.stringMatching(message),
    });
  });
});

test.each([
  ['no YAML', '{', /kubeconfig/],
  ['no current context', { ...configOf({}), 'current-context': '' }, /no current-context/],
  ['a context that is not there', { ...configOf({}), 'current-context': 'y' }, /no context 'y'; it has x/],
  ['a user that is not there', { ...configOf({}), users: [] }, /the user 'u', which is not there/],
  ['a server that is no URL', configOf({}, { server: 'nowhere' }), /clusters\.0\.cluster\.server/],
  [
    'what Kubernetes has removed',
    configOf({ 'auth-provider': { name: 'gcp' } }),
    /'gcp', which Kubernetes has removed/,
  ],
])('names %s', async (name, config, message) => {
  const file = await fileOf(name.replaceAll(' ', '-'), config);
  await expect(readKubeconfig([file], { environment })).rejects.toMatchObject({
    code: 'ConfigInvalid',
    message: expect.stringMatching(message),
  });
});

test('says what to set where nothing names a cluster', async () => {
  await expect(findAccess({}, { HOME: directory })).rejects.toMatchObject({
    code: 'CredentialsMissing',
    hint: expect.stringContaining('KUBECONFIG'),
  });
});
