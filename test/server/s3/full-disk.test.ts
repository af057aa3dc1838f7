// Needs: bubblewrap
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainFile } from '../../harness/sluice.ts';

const mebi = 1024 * 1024;

describe('a store whose disk is full', () => {
  let directory: string;
  let child: ChildProcess;
  let url: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'full-disk-'));
    const home = join(directory, 'home');
    mkdirSync(join(home, 's3'), { recursive: true });
    // The objects alone lie on a file system of 8 MiB.
    const small = ['--size', String(8 * mebi), '--tmpfs', join(home, 's3')];
    const own = [
      '--bind',
      '/',
      '/',
      '--dev-bind',
      '/dev',
      '/dev',
      '--proc',
      '/proc',
      '--die-with-parent',
      ...small,
    ];
    child = spawn('bwrap', [...own, '--', process.execPath, mainFile, 'serve', '--port', '0', '--json'], {
      env: { ...process.env, SLUICE_HOME: home, VITEST: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
    ({ url } = JSON.parse(line.toString()) as { readonly url: string });
    await fetch(`${url}/bucket`, { method: 'PUT' });
  }, 300_000);
  afterAll(async () => {
    child?.kill('SIGTERM');
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(directory, { recursive: true });
  });

  const send = async (method: string, path: string, body?: Uint8Array) => {
    const answer = await fetch(`${url}/bucket/${path}`, { method, ...(body && { body }) });
    return { status: answer.status, text: await answer.text() };
  };

  it('asks to try again later, whatever is uploaded, and takes what there is room for', async () => {
    await send('PUT', 'before', Buffer.from('kept'));
    const { text } = await send('POST', 'parts?uploads');
    const id = /<UploadId>(\w+)/.exec(text)?.[1];
    const large = Buffer.alloc(20 * mebi, 'x');
    for (const path of ['before', `parts?uploadId=${id}&partNumber=1`]) {
      const refused = await send('PUT', path, large);
      expect(refused.status).toBe(503);
      expect(refused.text).toContain('<Code>ServiceUnavailable</Code>');
    }
    expect((await send('GET', 'before')).text).toBe('kept');
    expect((await send('PUT', 'fits', Buffer.alloc(4 * mebi, 'x'))).status).toBe(200);
    for (let index = 0; index < 200; index++) {
      const { status } = await send('PUT', `small-${index}`, Buffer.alloc(60_000, 'x'));
      expect([200, 503]).toContain(status);
    }
    expect((await send('PUT', 'one-more', Buffer.alloc(60_000, 'x'))).status).toBe(503);
    expect((await send('GET', 'one-more')).status).toBe(404);
    await send('DELETE', 'fits');
    expect((await send('PUT', 'one-more', Buffer.alloc(60_000, 'x'))).status).toBe(200);
  });
});
