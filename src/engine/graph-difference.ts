import { isDeepStrictEqual } from 'node:util';
import { identityOf, type Task, type WorkflowGraph } from '../graph/index.ts';
import { type BundleFinder, codeChange, type OwnCode } from './code-difference.ts';
import { valueChanges } from './value-changes.ts';

/** How one task of a graph differs from the same one of another. */
export interface TaskChange {
  readonly name: string;
  /** `train.py changed`, `hyperparameters.depth 3 → 4`. */
  readonly changes: readonly string[];
  /** Only its code differs. */
  readonly isCode: boolean;
  /** Its own script or function is among it, not only what that may use. */
  readonly isOwnCode: boolean;
}

/** How two graphs differ. */
export interface GraphDifference {
  /** Everything but the code of tasks that both have, a few words each. */
  readonly form: readonly string[];
  readonly tasks: readonly TaskChange[];
}

/** What differs between two graphs, file by file where their bundles can be read. */
export async function graphDifference(
  before: WorkflowGraph,
  after: WorkflowGraph,
  bundles?: BundleFinder,
): Promise<GraphDifference> {
  const [oldNodes, newNodes] = [byId(before), byId(after)];
  const nodes = namesOf(oldNodes, newNodes);
  const tasks = namesOf(new Map(Object.entries(before.tasks)), new Map(Object.entries(after.tasks)));
  const form = [
    ...list('node', 'added', nodes.added),
    ...list('node', 'removed', nodes.removed),
    ...list(
      'node',
      'changed',
      nodes.both.filter((id) => !same(oldNodes.get(id), newNodes.get(id))),
    ),
    ...list('task', 'added', tasks.added),
    ...list('task', 'removed', tasks.removed),
    ...(['interface', 'outputs', 'failurePolicy'] as const).flatMap((part) =>
      valueChanges(asRecorded(before[part]), asRecorded(after[part]), `the workflow's ${part}`),
    ),
  ];
  // The same nodes in another order are other nodes to what was recorded.
  if (form.length === 0 && !same(order(before), order(after))) form.push('the order of the nodes');
  const changes = await Promise.all(
    tasks.both.map((name) =>
      taskChange(name, before.tasks[name] as Task, after.tasks[name] as Task, bundles),
    ),
  );
  return { form, tasks: changes.filter((change) => change !== undefined) };
}

/** All of a difference in one sentence. */
export function describeDifference({ form, tasks }: GraphDifference): string {
  const parts = [...tasks.map(({ name, changes }) => `task '${name}': ${few(changes)}`), ...form];
  return parts.length === 0 ? 'in nothing that can be named' : few(parts);
}

async function taskChange(
  name: string,
  before: Task,
  after: Task,
  bundles: BundleFinder | undefined,
): Promise<TaskChange | undefined> {
  const [old, now] = [withoutCode(before), withoutCode(after)];
  const options = valueChanges(asRecorded(old.options), asRecorded(now.options), '');
  const code = await codeChange(old.code, now.code, bundles);
  if (options.length === 0 && code === undefined) return undefined;
  return {
    name,
    changes: [...(code?.changes ?? []), ...options],
    isCode: options.length === 0,
    isOwnCode: code?.isOwn ?? false,
  };
}

function withoutCode(task: Task): { readonly options: object; readonly code: OwnCode | undefined } {
  const identity = identityOf(task);
  if ('code' in identity && identity.code) {
    const { code, ...options } = identity;
    return { options, code };
  }
  if (!('script' in identity) || !identity.script) return { options: identity, code: undefined };
  const { script, ...options } = identity;
  const { entry } = script;
  // A place on a machine says nothing of what lies there.
  return { options: { ...options, script: entry }, code: 'bundle' in script ? script : undefined };
}

function byId({ nodes }: WorkflowGraph): Map<string, unknown> {
  return new Map(nodes.map((node) => [node.id, node]));
}

function order({ nodes }: WorkflowGraph): string[] {
  return nodes.map(({ id }) => id);
}

function namesOf(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): { readonly added: string[]; readonly removed: string[]; readonly both: string[] } {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    both: [...after.keys()].filter((name) => before.has(name)),
  };
}

function same(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(asRecorded(before), asRecorded(after));
}

/** Without members that are undefined: JSON keeps none. The order of members does not count: reading changes it. */
function asRecorded(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function list(word: string, what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${word}${names.length > 1 ? 's' : ''} ${what}: ${few(names, ', ')}`];
}

/** How many names or changes one message tells. */
const MAX_SHOWN = 5;

function few(parts: readonly string[], between = '; '): string {
  const shown = parts.slice(0, MAX_SHOWN).join(between);
  return parts.length > MAX_SHOWN ? `${shown} and ${parts.length - MAX_SHOWN} more` : shown;
}
