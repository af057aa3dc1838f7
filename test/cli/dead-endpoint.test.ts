import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { twoSteps, writeFiles } from '../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

/** A port that nobody listens at any more. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

test.for([
  ['train', ['train', '--script', 'count.ts'], 'AWS_ENDPOINT_URL'],
  ['run', ['run', 'pipeline.ts'], 'AWS_ENDPOINT_URL_S3'],
  ['s3 ls', ['s3', 'ls'], 'SLUICE_S3'],
  ['pipe', ['pipe', 'train', 's3://bucket/x', './fifos'], 'AWS_ENDPOINT_URL'],
] as const)(
  '%s says which variable leads to a server that was stopped, and how to go on',
  async ([, args, variable]) => {
    const cwd = await temporaryDirectory();
    await writeFiles(cwd, twoSteps);
    const port = await deadPort();
    const url = `http://127.0.0.1:${port}`;
    const { code, stderr } = await sluice(args, {
      cwd,
      home: join(cwd, 'home'),
      environment: { [variable]: url, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' },
    });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      `error StoreUnavailable: ${variable} says that s3:// is at ${url}, and nothing listens there.`,
      `→ Use the embedded store (unset ${variable}), or start the server again: sluice serve --port ${port}`,
    ]);
  },
);

test('what needs no objects works beside a server that was stopped; an option is named as one', async () => {
  const cwd = await temporaryDirectory();
  const url = `http://127.0.0.1:${await deadPort()}`;
  const options = { cwd, home: join(cwd, 'home'), environment: { AWS_ENDPOINT_URL: url } };
  for (const args of [['jobs', 'ls'], ['runs', 'ls'], ['doctor']]) {
    expect(await sluice(args, options)).toMatchObject({ code: 0 });
  }
  const { stderr } = await sluice(['s3', 'ls', '--endpoint-url', url], options);
  expect(stderr).toContain('--endpoint-url says that s3:// is at');
  expect(stderr).toContain('Leave --endpoint-url out to use the embedded store');
  const invalid = { ...options, environment: { AWS_ENDPOINT_URL: 'nowhere' } };
  expect(await sluice(['s3', 'ls'], invalid)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("AWS_ENDPOINT_URL: expected the URL of an endpoint, got 'nowhere'."),
  });
});
