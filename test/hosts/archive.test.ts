import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bundles } from '../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { unpackArchive } from '../../src/hosts/archive.ts';
import { parseS3Uri } from '../../src/objects/index.ts';
import { openJobs } from '../harness/jobs.ts';

function codeOf(text: string) {
  return [{ path: 'train.py', source: Buffer.from(text), mode: 0o644 }];
}

test('code that was exchanged after it was verified is not unpacked for a job as if it were the same', async () => {
  await using fixture = await openJobs();
  const stores = { store: () => fixture.store };
  const bundles = new Bundles({ stores, account: DEFAULT_ACCOUNT });
  const good = await bundles.add(codeOf('print("good")'));
  const evil = await bundles.add(codeOf('print("evil")'));
  const place = { root: fixture.home, path: 'code' };
  const uri = good.uri;
  await unpackArchive({ uri, place, stores });
  expect(readFileSync(join(fixture.home, 'code/train.py'), 'utf8')).toBe('print("good")');

  const from = parseS3Uri(evil.uri);
  const to = parseS3Uri(uri);
  const { body } = await fixture.store.get(from.bucket, from.key);
  await fixture.store.put(to.bucket, to.key, body);
  await expect(unpackArchive({ uri, place, stores })).rejects.toMatchObject({
    code: 'BundleInvalid',
    message: expect.stringContaining(good.digest) as string,
  });
});
