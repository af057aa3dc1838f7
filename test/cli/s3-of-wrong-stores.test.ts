import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';
import { listingPage, startWrongS3 } from '../harness/wrong-s3.ts';

const temporary = temporaryDirectories();

function environmentOf(endpoint: string) {
  return { SLUICE_S3: endpoint, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
}

it('sync --delete removes nothing where the store lists in another order', async () => {
  const home = await temporary();
  const directory = await temporary();
  for (const name of ['a', 'b', 'c']) writeFileSync(join(directory, name), name);
  await using s3 = await startWrongS3((_request, response) => response.end(listingPage(['p/b', 'p/a'])));
  const { code, stderr } = await sluice(['s3', 'sync', 's3://data/p', directory, '--delete', '--size-only'], {
    home,
    environment: environmentOf(s3.endpoint),
  });
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('order') });
  expect(readdirSync(directory)).toEqual(['a', 'b', 'c']);
});

it.each([
  ['an upload', ['cp', process.execPath, 's3://data/a']],
  ['a download', ['cp', 's3://data/p', '.', '--recursive']],
  ['a removal', ['rm', 's3://data/a']],
])('%s ends when it is told to, though the store says nothing', async (_name, args) => {
  const home = await temporary();
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  await using s3 = await startWrongS3(() => resolve());
  const program = startSluice(['s3', ...args], { home, environment: environmentOf(s3.endpoint) });
  await asked;
  program.child.kill('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 143 });
});
