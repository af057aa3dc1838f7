// Our side of the File benchmarks: brings all objects of a bucket into a directory, then prints its /proc/self/status. As
// users run it: compiled, with the program's own cache of compiled code.
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { compiled } from './compiled.mjs';

enableCompileCache();
const { createS3Store } = await compiled('objects/s3/create-s3-store.js');

const [endpoint = '', bucket = '', directory = ''] = process.argv.slice(2);
const store = createS3Store({ endpoint, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } });

async function* items() {
  for await (const { key, size, etag } of store.list(bucket)) {
    yield { key, size, path: join(directory, key), ...(etag !== undefined && { etag }) };
  }
}

await store.download(bucket, items());
await store.close();
console.log(readFileSync('/proc/self/status', 'utf8'));
