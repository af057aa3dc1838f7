import { createHash } from 'node:crypto';

/** Of a configuration, as an annotation of the pods that read it: a new one starts new pods. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
