import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coreWeaveAccess } from '../../../src/platforms/coreweave/coreweave-access.ts';

let secrets: string;
beforeAll(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'sluice-secrets-'));
  await writeFile(join(secrets, 'coreweave-credentials'), 'from-file\n');
});
afterAll(() => rm(secrets, { recursive: true }));

const settings = {
  endpoint: 'https://api.codeweave.com/',
  auth: { type: 'api-key', secret: 'coreweave-credentials' },
} as const;

test('the endpoint is the API server, and the key a token from a file of the home', async () => {
  const access = await coreWeaveAccess(settings, secrets, {});
  expect(access).toMatchObject({ server: 'https://api.codeweave.com', namespace: 'default' });
  expect(await access.credentials()).toEqual({ token: 'from-file' });
});

test('an environment variable of the name goes before the file', async () => {
  const access = await coreWeaveAccess(settings, secrets, { 'coreweave-credentials': 'from-environment' });
  expect(await access.credentials()).toEqual({ token: 'from-environment' });
});

test.each([
  [
    'a secret that is nowhere',
    { ...settings, auth: { type: 'api-key', secret: 'no' } },
    'CredentialsMissing',
  ],
  [
    'one that leads out of the directory',
    { ...settings, auth: { type: 'api-key', secret: '../x' } },
    'CredentialsMissing',
  ],
] as const)('%s is named', async (_, given, code) => {
  const access = await coreWeaveAccess(given, secrets, {});
  await expect(access.credentials()).rejects.toMatchObject({ code });
});

test('an endpoint without a key is refused', async () => {
  await expect(coreWeaveAccess({ endpoint: settings.endpoint }, secrets, {})).rejects.toMatchObject({
    code: 'ConfigInvalid',
  });
});
