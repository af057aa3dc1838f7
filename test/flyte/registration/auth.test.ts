import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeTemporaryDirectory } from '../../../src/core/temporary-directory.ts';
import { removeTree } from '../../../src/core/tree/index.ts';
import type { FlyteAdmin } from '../../../src/flyte/registration/index.ts';
import { FakeFlyteAdmin } from '../../harness/flyte-admin.ts';
import { openAdmin } from './open-admin.ts';

const id = { project: 'flytesnacks', domain: 'development', name: 'nothing' };

let fake: FakeFlyteAdmin;
let directory: string;
beforeAll(async () => {
  fake = await FakeFlyteAdmin.start({ auth: true });
  directory = await makeTemporaryDirectory(tmpdir(), 'flyte-auth');
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await removeTree(directory);
});
beforeEach(() => {
  fake.oauth.forget();
  fake.oauth.calls.length = 0;
});

/** Whoever is let in is told that there is no such execution. */
const letIn = (admin: FlyteAdmin) =>
  expect(admin.ask('AdminService', 'GetExecution', { id })).rejects.toMatchObject({ code: 'RunNotFound' });

describe('a client with a secret', () => {
  const secret = { clientId: 'robot', clientSecretEnvVar: 'ROBOT_SECRET' };
  const environment = { ROBOT_SECRET: 'open sesame\n' };

  test('gets one token for many requests, for the scopes that FlyteAdmin tells', async () => {
    await using admin = await openAdmin(fake, secret, { environment });
    await Promise.all([letIn(admin), letIn(admin), letIn(admin)]);
    await letIn(admin);
    expect(fake.oauth.calls.map(({ form }) => form)).toEqual([
      { grant_type: 'client_credentials', scope: 'all offline' },
    ]);
  });

  test('gets another one when FlyteAdmin does not take it any more', async () => {
    await using admin = await openAdmin(fake, secret, { environment });
    await letIn(admin);
    fake.oauth.expire();
    await letIn(admin);
    expect(fake.oauth.calls).toHaveLength(2);
  });

  test('has it in a file, and may ask for scopes and an audience of its own', async () => {
    const file = join(directory, 'secret');
    await writeFile(file, 'open sesame\n');
    const own = { clientId: 'robot', clientSecretLocation: file, scopes: ['mine'], audience: 'https://me' };
    await using admin = await openAdmin(fake, own);
    await letIn(admin);
    expect(fake.oauth.calls[0]?.form).toMatchObject({ scope: 'mine', audience: 'https://me' });
  });

  test.each([
    ['the wrong one', { ROBOT_SECRET: 'swordfish' }, {}, 'CredentialsInvalid', 'invalid_client'],
    ['none', {}, {}, 'CredentialsMissing', 'ROBOT_SECRET'],
    [
      'a file that is not there',
      {},
      { clientSecretEnvVar: undefined, clientSecretLocation: '/nowhere' },
      'CredentialsMissing',
      'clientSecretLocation',
    ],
    [
      'a server that is away',
      environment,
      { tokenUrl: 'http://127.0.0.1:1/token' },
      'PlatformUnavailable',
      'http://127.0.0.1:1/token cannot be reached',
    ],
  ])('that has %s is told so', async (_, given, settings, code, message) => {
    await using admin = await openAdmin(fake, { ...secret, ...settings }, { environment: given });
    const refused = await admin.ask('AdminService', 'GetExecution', { id }).catch((error: Error) => error);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(String(refused)).not.toContain('swordfish');
  });
});

describe('a command that prints a token', () => {
  test('lets in', async () => {
    await using admin = await openAdmin(fake, {
      authType: 'ExternalCommand',
      command: ['sh', '-c', tokenCommand()],
    });
    await letIn(admin);
  });

  test.each([
    [['sh', '-c', 'echo no card in the reader >&2; exit 3'], 'no card in the reader'],
    [['true'], 'has printed no token'],
    [['/nowhere/token'], 'ENOENT'],
  ])('that does not (%j) is told', async (command, message) => {
    await using admin = await openAdmin(fake, { authType: 'ExternalCommand', command });
    await expect(admin.ask('AdminService', 'GetExecution', { id })).rejects.toMatchObject({
      code: 'CredentialsMissing',
      message: expect.stringContaining(message),
    });
  });

  /** Asks the server as a machine would. */
  function tokenCommand(): string {
    const script = `fetch('${fake.oauth.url}/token', { method: 'POST', headers: { authorization: 'Basic ' + btoa('robot:open%20sesame') }, body: new URLSearchParams({ grant_type: 'client_credentials' }) }).then((r) => r.json()).then((t) => console.log(t.access_token))`;
    return `node -e "${script}"`;
  }
});

describe('a user on another machine', () => {
  test('is told an address and a code, and waited for; what was agreed to holds for the next command', async () => {
    fake.oauth.pending = 2;
    const said: string[] = [];
    const options = {
      tokenFile: join(directory, 'home', 'tokens.json'),
      say: (line: string) => void said.push(line),
    };
    await using admin = await openAdmin(fake, { authType: 'DeviceFlow' }, options);
    await letIn(admin);
    expect(said).toEqual([`Open ${fake.oauth.url}/activate in a browser, and enter the code ABCD-EFGH`]);
    expect((await stat(options.tokenFile)).mode & 0o777).toBe(0o600);

    await using next = await openAdmin(fake, { authType: 'DeviceFlow' }, options);
    await letIn(next);
    fake.oauth.expire();
    await using later = await openAdmin(fake, { authType: 'DeviceFlow' }, options);
    await letIn(later);
    expect(said).toHaveLength(1);
    expect(fake.oauth.calls.at(-1)?.form).toMatchObject({
      grant_type: 'refresh_token',
      client_id: 'flytectl',
    });
  });

  test('is asked again where the server has forgotten', async () => {
    const options = { tokenFile: join(directory, 'forgotten.json'), say: () => undefined };
    fake.oauth.pending = 0;
    await using admin = await openAdmin(fake, { authType: 'DeviceFlow' }, options);
    await letIn(admin);
    fake.oauth.forget();
    await letIn(admin);
    expect(fake.oauth.calls.map(({ form }) => form['grant_type']?.split(':').at(-1))).toEqual([
      'device_code',
      'refresh_token',
      'device_code',
    ]);
    await writeFile(options.tokenFile, 'no JSON');
    await using next = await openAdmin(fake, { authType: 'DeviceFlow' }, options);
    await letIn(next);
    expect(JSON.parse(await readFile(options.tokenFile, 'utf8'))).not.toEqual({});
    await rm(options.tokenFile);
  });
});

describe('a user with a browser', () => {
  test('agrees there: its answer comes to a port of this machine, and only to who has asked', async () => {
    fake.oauth.redirectUri = `http://127.0.0.1:${await freePort()}/callback`;
    const answers: number[] = [];
    const browser = async (said: string): Promise<void> => {
      const address = said.split('\n').at(-1)?.trim() ?? '';
      const callback = fake.oauth.redirectUri;
      answers.push((await fetch(`${callback}?code=stolen&state=guessed`)).status);
      answers.push((await fetch(new URL('/other', callback))).status);
      answers.push((await fetch(address)).status);
    };
    const browsing: Promise<void>[] = [];
    await using admin = await openAdmin(
      fake,
      { authType: 'Pkce' },
      { say: (line) => void browsing.push(browser(line)) },
    );
    await letIn(admin);
    await Promise.all(browsing);
    expect(answers).toEqual([400, 404, 200]);
    expect(fake.oauth.calls[0]?.form).toMatchObject({
      grant_type: 'authorization_code',
      client_id: 'flytectl',
    });
  });

  test('is not sent to another machine', async () => {
    fake.oauth.redirectUri = 'https://elsewhere.example.com/callback';
    await using admin = await openAdmin(fake, { authType: 'Pkce' });
    await expect(admin.ask('AdminService', 'GetExecution', { id })).rejects.toMatchObject({
      code: 'PlatformUnavailable',
      message: expect.stringContaining('https://elsewhere.example.com/callback'),
    });
  });

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }
});
