// Needs: python
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Bundles, bundleScript } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../../src/core/account.ts';
import type { ProcessingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { packageFilesOf, placePackages } from '../../../src/platforms/emr/place-packages.ts';
import { temporaryDirectories } from '../../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const FILES = {
  'jobs/etl.py': 'from rules.dates import DAY\n',
  'jobs/beside.py': '',
  'jobs/rules/__init__.py': '',
  'jobs/rules/dates.py': 'import pkgutil\nDAY = pkgutil.get_data("rules", "day.txt").decode()\n',
  'jobs/rules/day.txt': 'Grüße',
  'jobs/data/table.csv': '1,2',
  'other/module.py': '',
};

test.each([
  ['jobs/etl.py', ['jobs/rules/__init__.py', 'jobs/rules/dates.py', 'jobs/rules/day.txt']],
  ['jobs/etl.jar', []],
  ['other/module.py', []],
])('the packages beside %s are those that Python would find there', (entry, expected) => {
  const files = Object.keys(FILES).map((path) => ({ path }));
  const script = { entry, directory: '/', whole: true };
  expect(packageFilesOf({ script }, files)).toEqual(expected);
});

test('Python imports packages, with the data in them, from the archive that is put into S3', async () => {
  const directory = await temporaryDirectory();
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(directory, 'code', path)), { recursive: true });
    await writeFile(join(directory, 'code', path), text);
  }
  const store = createDirectoryStore(join(directory, 'store'));
  const bundles = new Bundles({ stores: { store: () => store }, account: DEFAULT_ACCOUNT });
  const script = { entry: 'jobs/etl.py', directory: join(directory, 'code'), whole: true };
  const bundle = await bundleScript(bundles, script);
  const bucket = defaultBucket(DEFAULT_ACCOUNT);
  const placed = placePackages({ name: 'etl', script } as ProcessingTask, bundle, bundles, { store, bucket });
  await placed?.bring();
  const key = placed?.uri.slice(`s3://${bucket}/`.length) ?? '';
  const archive = join(directory, 'packages.zip');
  const { body } = await store.get(bucket, key);
  await writeFile(archive, Buffer.concat(await Array.fromAsync(body)));
  const program = `import sys; sys.path[:0] = [${JSON.stringify(archive)}]; from rules.dates import DAY; print(DAY)`;
  const env = { ...process.env, PYTHONIOENCODING: 'utf8' };
  expect(execFileSync('python3', ['-c', program], { encoding: 'utf8', env })).toBe('Grüße\n');
  expect(execFileSync('python3', ['-m', 'zipfile', '-t', archive], { encoding: 'utf8' })).toContain('Done');
});
