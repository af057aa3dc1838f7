import { timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same bytes; how long it takes says nothing of where they differ. */
export function sameBytes(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
