import { createHash } from 'node:crypto';

/**
 * The order of an epoch: a permutation of 0 … count − 1, the same for the same seed and epoch on every machine.
 *
 * SageMaker does not say how it shuffles. Here: Fisher–Yates, driven by the generator sfc32, whose 128 bits of state
 * are the first of SHA-256 of `<seed>/<epoch>`.
 */
export function shuffledOrder(count: number, seed: number, epoch: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index++) order[index] = index;
  const random = sfc32(createHash('sha256').update(`${seed}/${epoch}`).digest());
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor((random() / 2 ** 32) * (last + 1));
    const value = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = value;
  }
  return order;
}

/** Numbers from 0 to 2³² − 1. @see https://pracrand.sourceforge.net (small fast counting generator) */
function sfc32(state: Buffer): () => number {
  let a = state.readUInt32LE(0);
  let b = state.readUInt32LE(4);
  let c = state.readUInt32LE(8);
  let counter = state.readUInt32LE(12);
  return () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
}
