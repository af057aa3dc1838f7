import { afterAll, beforeAll } from 'vitest';
import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import { awkwardKeys, describeObjectStore } from '../../conformance/object-store.ts';
import { type Moto, startMoto } from '../../harness/moto.ts';

let moto: Moto | undefined;
beforeAll(async () => {
  moto = await startMoto();
}, 15 * 60_000);
afterAll(() => moto?.close());

// Its HTTP library finds no way for a key with a line break.
const keys = awkwardKeys.filter((key) => !key.includes('\n'));

const open = async () => {
  const store = createS3Store({
    endpoint: moto?.url ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return { store, close: () => store.close() };
};

describeObjectStore("moto's S3", open, keys);
