import { createHash, randomBytes } from 'node:crypto';
import { baseName } from '../../../contract/names.ts';
import { canonicalJson, type Json } from '../../../graph/index.ts';
import type { RunKey } from '../../../state/index.ts';
import { attemptKey, type FlyteAttempt, type FlyteTask } from '../flyte-task.ts';

/** The longest parts of a run's id: with its node and attempt a job's name has room. */
const LONGEST = { execution: 22, node: 14 };

/** The id of an attempt's run: whoever looks at its jobs sees whose they are, `<execution>-<node>-<attempt>-<hash>`. */
export function runIdOf(attempt: FlyteAttempt): string {
  const { execution, node, retryAttempt } = attempt;
  const hash = createHash('sha256').update(attemptKey(attempt)).digest('hex').slice(0, 10);
  return [cut(execution, LONGEST.execution), cut(node, LONGEST.node), retryAttempt, hash].join('-');
}

/** The id of a run outside of an execution: another one each time. */
export function newRunId(task: string): string {
  return `${cut(task, LONGEST.execution)}-${randomBytes(6).toString('hex')}`;
}

function cut(text: string, length: number): string {
  return baseName(text).slice(0, length).replace(/-+$/, '');
}

/** By which a repeated request for an attempt is told from another. */
export function runKeyOf(attempt: FlyteAttempt, { type, template, custom, inputs }: FlyteTask): RunKey {
  const { project = '', domain = '', name = '', version = '' } = template.id ?? {};
  const asked: Json = [type, project, domain, name, version, custom, inputs];
  return {
    key: `flyte/${attemptKey(attempt)}`,
    fingerprint: createHash('sha256').update(canonicalJson(asked)).digest('hex'),
  };
}
