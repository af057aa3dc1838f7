import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryDirectory } from '../../../src/core/temporary-directory.ts';
import { removeTree } from '../../../src/core/tree/index.ts';
import { consoleLink, readAdminSettings } from '../../../src/flyte/registration/index.ts';

let home: string;
beforeAll(async () => {
  home = await makeTemporaryDirectory(tmpdir(), 'flyte-config');
  await mkdir(join(home, '.flyte'));
});
afterAll(() => removeTree(home));

const write = async (text: string, name = '.flyte/config.yaml') => {
  const file = join(home, name);
  await writeFile(file, text);
  return file;
};

describe('where FlyteAdmin is', () => {
  test('says the configuration of flytectl, with all that it says of how one is let in', async () => {
    await write(`admin:
  endpoint: dns:///flyte.example.com
  authType: deviceflow
  insecureSkipVerify: true
  caCertFilePath: /etc/ca.pem
  clientId: me
  scopes: [all, offline]
  proxyCommand: [gcloud, auth, print-identity-token]
console:
  endpoint: https://console.example.com/
logger: { show-source: true }
`);
    const settings = await readAdminSettings({}, { HOME: home });
    expect(settings).toMatchObject({
      endpoint: 'flyte.example.com:443',
      insecure: false,
      insecureSkipVerify: true,
      caCertFilePath: '/etc/ca.pem',
      authType: 'DeviceFlow',
      clientId: 'me',
      scopes: ['all', 'offline'],
      proxyCommand: ['gcloud', 'auth', 'print-identity-token'],
    });
    expect(consoleLink(settings, 'console/projects/p')).toBe(
      'https://console.example.com/console/projects/p',
    );
  });

  test.each([
    ['localhost:30080', undefined, { endpoint: 'localhost:30080', insecure: false }],
    ['http://localhost', undefined, { endpoint: 'localhost:80', insecure: true }],
    ['https://flyte.example.com', undefined, { endpoint: 'flyte.example.com:443', insecure: false }],
    ['dns:///[::1]:81', true, { endpoint: '[::1]:81', insecure: true }],
  ])('is read from %s', async (endpoint, insecure, expected) => {
    expect(await readAdminSettings({ endpoint, insecure }, { HOME: '/nowhere' })).toMatchObject(expected);
  });

  test('says the command line before the environment, and that before the file', async () => {
    const file = await write('admin: { endpoint: "dns:///file:1", insecure: true }', 'other.yaml');
    const environment = { HOME: '/nowhere', FLYTECTL_CONFIG: file };
    expect(await readAdminSettings({}, environment)).toMatchObject({ endpoint: 'file:1', insecure: true });
    const more = { ...environment, FLYTE_PLATFORM_URL: 'variable:2', FLYTE_CREDENTIALS_CLIENT_SECRET: 'x' };
    expect(await readAdminSettings({}, more)).toMatchObject({
      endpoint: 'variable:2',
      clientSecretEnvVar: 'FLYTE_CREDENTIALS_CLIENT_SECRET',
    });
    expect(await readAdminSettings({ endpoint: 'option:3' }, more)).toMatchObject({ endpoint: 'option:3' });
  });
});

describe('a configuration that is wrong', () => {
  test.each([
    [
      'admin: { endpoint: "ftp://x" }',
      'InvalidArgument',
      "admin.endpoint: expected host:port or dns:///host:port, got 'ftp://x'",
    ],
    ['admin: { endpoint: 7 }', 'ConfigInvalid', 'admin.endpoint: expected a text, got 7'],
    [
      'admin: { endpoint: x:1, authType: magic }',
      'ConfigInvalid',
      "admin.authType: expected ClientSecret, Pkce, DeviceFlow, ExternalCommand, got 'magic'",
    ],
    [
      'admin: { endpoint: x:1, insecure: perhaps }',
      'ConfigInvalid',
      'admin.insecure: expected true or false, got "perhaps"',
    ],
    [
      'admin: { endpoint: x:1, scopes: [1] }',
      'ConfigInvalid',
      'admin.scopes: expected a list of texts, got [1]',
    ],
    ['admin: [x]', 'ConfigInvalid', 'admin: expected a section'],
    ['admin: {', 'ConfigInvalid', 'cannot be read'],
    ['', 'InvalidArgument', 'Nothing says where FlyteAdmin is.'],
  ])('(%s) is told', async (text, code, message) => {
    await write(text);
    await expect(readAdminSettings({}, { HOME: home })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test('that is named and not there is told', async () => {
    await expect(readAdminSettings({ file: join(home, 'none.yaml') }, {})).rejects.toMatchObject({
      code: 'ConfigInvalid',
      hint: expect.stringContaining('--flyte-config'),
    });
  });
});
