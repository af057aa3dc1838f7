import { createHash } from 'node:crypto';
import { isName, MAX_NAME_LENGTH } from '../../contract/names.ts';

/**
 * The job's name, which follows from the key alone: SageMaker takes each name once, so that the same key twice is one job
 * whoever asks. The engine's keys `run/node/attempt` give its own job names. Pure.
 */
export function jobNameOfKey(key: string): string {
  const plain = key.replaceAll('/', '-');
  if (isName(plain)) return plain;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const head = key
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MAX_NAME_LENGTH - hash.length - 1)
    .replace(/-+$/, '');
  return `${head || 'job'}-${hash}`;
}
