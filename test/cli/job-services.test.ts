// Needs: python
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { pythonClients } from '../harness/s3-clients.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';
import { logMessages, startServe, trainWith, waitFor } from '../harness/sluice-serve.ts';

const temporary = temporaryDirectories();
const signed = { SLUICE_ACCESS_KEY_ID: 'test', SLUICE_SECRET_ACCESS_KEY: 'test' };

/** A script that uses S3 by itself, as a script in the field does. */
const SCRIPT = `
import boto3
s3 = boto3.client('s3')
s3.create_bucket(Bucket='made-by-job')
s3.put_object(Bucket='made-by-job', Key='key', Body=b'from boto3')
print(boto3.client('sts').get_caller_identity()['Account'])
`;

test.each([
  ['that takes any credentials', {}],
  ['that wants requests signed', signed],
])('boto3 in a job reaches the server of its home %s', async (_, environment) => {
  const home = await temporary();
  const script = join(home, 'train.py');
  writeFileSync(script, SCRIPT);
  const path = `${await pythonClients('aws')}:${process.env['PATH']}`;
  await using serve = await startServe(home, [], { environment });
  const options = { home, environment: { ...environment, PATH: path } };
  const { code, stdout } = await sluice(['train', '--script', script], options);
  expect(stdout).toContain('123456789012');
  expect(code).toBe(0);
  const { Body } = await serve.s3.send(new GetObjectCommand({ Bucket: 'made-by-job', Key: 'key' }));
  expect(await Body?.transformToString()).toBe('from boto3');
});

const SHOW = `
const { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: key = '' } = process.env;
console.log(JSON.stringify({ url, key: key.slice(0, 4) || undefined }));
`;

test('jobs of the API are told where its services are, unless they are isolated or say something else themselves', async () => {
  const home = await temporary();
  await using serve = await startServe(home);
  await trainWith(serve, 'plain', SHOW);
  await trainWith(serve, 'isolated', SHOW, { EnableNetworkIsolation: true });
  await trainWith(serve, 'own', SHOW, { Environment: { AWS_ENDPOINT_URL: 'http://elsewhere' } });
  const shown = async (name: string): Promise<unknown> => {
    await waitFor(serve, name, 'Completed');
    return JSON.parse((await logMessages(serve, name))[0] as string);
  };
  expect(await shown('plain')).toEqual({ url: serve.url, key: 'ASIA' });
  expect(await shown('isolated')).toEqual({});
  expect(await shown('own')).toEqual({ url: 'http://elsewhere' });
});

test('jobs of a home without a server, or whose objects are elsewhere, are told nothing', async () => {
  const home = await temporary();
  const script = join(home, 'show.mjs');
  writeFileSync(script, SHOW);
  const alone = await sluice(['train', '--script', script], { home });
  expect(alone.stdout).toContain('{}');
  const other = await temporary();
  await using elsewhere = await startServe(other);
  await using _ = await startServe(home);
  const environment = { SLUICE_S3: elsewhere.url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const away = await sluice(['train', '--script', script], { home, environment });
  expect(away.stdout).toContain('{}');
});
