// Our side of the File benchmarks: brings all objects of a bucket into a directory, then tells its peak memory.
import { join } from 'node:path';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import type { DownloadItem } from '../../src/objects/store.ts';
import { peakMemory } from './peak-memory.ts';

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
