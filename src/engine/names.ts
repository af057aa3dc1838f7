import { createHash, randomBytes } from 'node:crypto';

const MAX_NAME_LENGTH = 63;

/** A new run's id: `<workflow>-<YYYYMMDD>-<HHMMSS>-<8 random>`, valid in job names and object keys. */
export function newRunId(workflow: string, time: Date): string {
  const [day, clock] = time.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  return `${cut(workflow, 24)}-${day}-${clock}-${randomBytes(4).toString('hex')}`;
}

/**
 * The name of a node's job: from the run, the node and the attempt alone, so that a resumed run finds it again.
 * Unique, and valid for SageMaker.
 */
export function jobNameOf(run: string, node: string, attempt: number): string {
  const name = `${run}-${node}-${attempt}`;
  if (name.length <= MAX_NAME_LENGTH) return name;
  const hash = createHash('sha256').update(`${run}/${node}`).digest('hex').slice(0, 8);
  const tail = `-${hash}-${attempt}`;
  const head = cut(run, MAX_NAME_LENGTH - tail.length - 1 - Math.min(node.length, 20));
  return `${head}-${cut(node, MAX_NAME_LENGTH - tail.length - head.length - 1)}${tail}`;
}

/** The key under which a platform knows one attempt of a node. */
export function idempotencyKeyOf(run: string, node: string, attempt: number): string {
  return `${run}/${node}/${attempt}`;
}

function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/-+$/, '');
}
