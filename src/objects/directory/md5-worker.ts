// Hashes pieces that lie in shared memory: MD5 alone takes as long as all other work on an upload.
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { type Md5Answer, type Md5Request, SLOT_BYTES } from './md5-messages.ts';

const memory = new Uint8Array(workerData as SharedArrayBuffer);
const running = new Map<number, Hash>();

parentPort?.on('message', (request: Md5Request) => {
  const { id } = request;
  if (request.type === 'start') running.set(id, createHash('md5'));
  else if (request.type === 'update') {
    const start = request.slot * SLOT_BYTES;
    running.get(id)?.update(memory.subarray(start, start + request.length));
    answer({ type: 'free', slot: request.slot });
  } else {
    const hash = running.get(id);
    running.delete(id);
    if (hash && request.type === 'digest') answer({ type: 'digest', id, digest: hash.digest() });
  }
});

function answer(message: Md5Answer): void {
  parentPort?.postMessage(message);
}
