// Hashes pieces that lie in shared memory: MD5 alone takes as long as all other work on an upload.
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Md5Answer, Md5Request } from './md5-messages.ts';

const running = new Map<number, { readonly hash: Hash; readonly memory: Uint8Array }>();

parentPort?.on('message', (request: Md5Request) => {
  const { id } = request;
  if (request.type === 'start') {
    running.set(id, { hash: createHash('md5'), memory: new Uint8Array(request.memory) });
    return;
  }
  const one = running.get(id);
  if (!one) return;
  if (request.type === 'update') {
    one.hash.update(one.memory.subarray(request.start, request.start + request.length));
    answer({ type: 'free', id, slot: request.slot });
    return;
  }
  running.delete(id);
  if (request.type === 'digest') answer({ type: 'digest', id, digest: one.hash.digest() });
});

function answer(message: Md5Answer): void {
  parentPort?.postMessage(message);
}
