import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataMeasure } from '../../../src/home/plan/measure-data.ts';
import { createStores } from '../../../src/objects/index.ts';
import { temporaryDirectories } from '../../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

test('data is measured where it lies: here, in the home, in the store of a platform', async () => {
  const directory = await temporaryDirectory();
  const open = (home: string) =>
    createStores({ home: join(directory, home), environment: {}, config: { s3: 'embedded' } });
  const [own, other] = [await open('own'), await open('other')];
  for (const [stores, bucket, body] of [
    [own, 'here-1', '123'],
    [other, 'there-1', '12345'],
  ] as const) {
    await stores.store(bucket).createBucket(bucket);
    await stores.store(bucket).put(bucket, 'data/a', body);
    await stores.store(bucket).put(bucket, 'data/b', body);
  }
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'files/a'), '1234567');
  const measure = new DataMeasure(own, async () => other.store('there-1'));
  expect(await measure.measure(`file://${join(directory, 'files')}`)).toEqual({ place: 'local', bytes: 7 });
  expect(await measure.measure('s3://here-1/data')).toEqual({ place: 'local', bytes: 6 });
  expect(await measure.measure('s3://there-1/data')).toEqual({ place: 's3', bytes: 10 });
  expect(await measure.measure('s3://nowhere-1/data')).toEqual({ place: 's3' });
  // What cannot be a place is unknown, until the job that needs it says what is wrong.
  for (const none of ['s3://b/data', 's3:///data', 'https://example.com/data'])
    expect(await measure.measure(none)).toEqual({ place: 's3' });
  expect(await measure.measure('file:relative')).toEqual({ place: 'local' });
  // Nobody may be asked.
  expect(await new DataMeasure(own).measure('s3://there-1/data')).toEqual({ place: 's3' });
});
