// Our side of the File benchmarks: brings all objects of a bucket into a directory, then tells its peak memory. As it is
// compiled, where it is (`npm run build`), as users run it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { createS3Store as CreateS3Store } from '../../src/objects/s3/create-s3-store.ts';
import type { DownloadItem } from '../../src/objects/store.ts';
import { peakMemory } from './peak-memory.ts';

const compiled = new URL('../../dist/objects/s3/create-s3-store.js', import.meta.url);
const source = new URL('../../src/objects/s3/create-s3-store.ts', import.meta.url);
const { createS3Store } = (await import((existsSync(compiled) ? compiled : source).href)) as {
  createS3Store: typeof CreateS3Store;
};

const [endpoint = '', bucket = '', directory = ''] = process.argv.slice(2);
const store = createS3Store({ endpoint, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } });

async function* items(): AsyncGenerator<DownloadItem> {
  for await (const { key, size, etag } of store.list(bucket)) {
    yield { key, size, path: join(directory, key), ...(etag !== undefined && { etag }) };
  }
}

await store.download(bucket, items());
await store.close();
console.log(peakMemory());
