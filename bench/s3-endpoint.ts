// The S3 endpoint against a bare node:http file server: GET, and PUT by the AWS SDK. `node bench/s3-endpoint.ts [rounds [MiB]]`

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { makeFiles } from './support/make-files.ts';
import { startSluice } from './support/programs.ts';
import { printMachine, report } from './support/report.ts';

const self = fileURLToPath(import.meta.url);

if (process.argv[2] === 'bare') serveBare(process.argv[3] as string);
else await measure(Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 1024));

/** The other side, in a process of its own: the least that can be said to store and to serve a file. */
function serveBare(file: string): void {
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'GET') {
      outgoing.writeHead(200, { 'content-length': statSync(file).size });
      createReadStream(file).pipe(outgoing);
      return;
    }
    void pipeline(incoming, createWriteStream(`${file}.put`)).then(() => outgoing.end());
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

async function measure(rounds: number, mebibytes: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  makeFiles({ directory: join(home, 's3', 'bucket'), count: 1, bytesEach: mebibytes * 2 ** 20 });
  const file = join(home, 's3', 'bucket', '000', '0000000');
  const bare = fork(self, ['bare', file]);
  const [port] = (await once(bare, 'message')) as [number];
  const other = `http://127.0.0.1:${port}`;
  const own = await startSluice(home);
  const peakBytes = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${own.child.pid}/status`, 'utf8'))?.[1]) * 1024;
  try {
    printMachine();
    const get = await alternate(
      rounds,
      () => read(`${own.url}/bucket/000/0000000`),
      () => read(other),
    );
    report({
      work: `GET of ${mebibytes} MiB`,
      ...get,
      other: 'bare node:http',
      atLeast: 0.85,
      peakBytes: peakBytes(),
    });
    const put = await alternate(
      rounds,
      () => write(own.url, file),
      () => write(other, file),
    );
    report({
      work: `PUT of ${mebibytes} MiB by the AWS SDK`,
      ...put,
      other: 'bare node:http',
      atLeast: 0.7,
      peakBytes: peakBytes(),
    });
  } finally {
    bare.disconnect();
    await own.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function alternate(rounds: number, own: () => Promise<void>, other: () => Promise<void>) {
  const ownMs: number[] = [];
  const otherMs: number[] = [];
  // The first round warms both.
  for (let round = -1; round < rounds; round++) {
    const [a, b] = [await time(own), await time(other)];
    if (round < 0) continue;
    ownMs.push(a);
    otherMs.push(b);
  }
  return { ownMs, otherMs };
}

async function time(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

function read(url: string): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request(url, (answer) => answer.on('end', done).resume());
    sent.on('error', fail).end();
  });
}

async function write(endpoint: string, file: string): Promise<void> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const Body = createReadStream(file, { highWaterMark: 2 ** 20 });
  await client.send(
    new PutObjectCommand({ Bucket: 'bucket', Key: 'put', Body, ContentLength: statSync(file).size }),
  );
  client.destroy();
}
