import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminSettings, listNodes } from '../../../src/flyte/registration/index.ts';
import { makeCertificate } from '../../harness/certificate.ts';
import { FakeFlyteAdmin } from '../../harness/flyte-admin.ts';
import { openAdmin } from './open-admin.ts';

let directory: string;
let certificate: string;
let fake: FakeFlyteAdmin;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'admin-tls-'));
  const made = makeCertificate(directory);
  certificate = made.certificate;
  fake = await FakeFlyteAdmin.start({
    tls: { certificate: readFileSync(certificate), key: readFileSync(made.key) },
  });
});
afterAll(async () => {
  await fake?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function ask(settings: Partial<AdminSettings>): Promise<unknown> {
  await using admin = await openAdmin(fake, { insecure: false, ...settings });
  return await listNodes(admin, { project: 'flytesnacks', domain: 'development', name: 'e1' });
}

test.each<[string, () => Partial<AdminSettings>]>([
  ['whose authority is named', () => ({ caCertFilePath: certificate })],
  ['that is not to be verified', () => ({ insecureSkipVerify: true })],
])('FlyteAdmin over TLS with a certificate %s is talked to', async (_, settings) => {
  await expect(ask(settings())).resolves.toEqual([]);
});

test('a certificate of nobody that is known is refused, and so is FlyteAdmin with TLS where none is meant', async () => {
  await expect(ask({})).rejects.toMatchObject({
    code: 'PlatformUnavailable',
    message: expect.stringMatching(/certificate/i),
  });
  await expect(ask({ insecure: true })).rejects.toMatchObject({ code: 'PlatformUnavailable' });
});
