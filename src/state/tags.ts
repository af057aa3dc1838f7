import type { Statements } from './database.ts';

/** Tags by key, in the order they were given. */
export type TagSet = Readonly<Record<string, string>>;

const TABLES = {
  'training-job': 'jobs',
  'processing-job': 'jobs',
  'transform-job': 'jobs',
  model: 'models',
  'endpoint-config': 'endpoint_configs',
  endpoint: 'endpoints',
  experiment: 'experiments',
  'experiment-trial': 'trials',
  'experiment-trial-component': 'trial_components',
} as const;

/** The kinds of resource that can have tags, by the word that stands in their ARNs. */
export type TaggedKind = keyof typeof TABLES;

/** Whether resources of this kind can have tags. */
export function isTaggedKind(kind: string): kind is TaggedKind {
  return Object.hasOwn(TABLES, kind);
}

/** The Create request of the resource with this ARN. */
export async function getTaggedRequest<Request>(
  state: Statements,
  kind: TaggedKind,
  arn: string,
): Promise<Request | undefined> {
  const row = await state.get<{ request: string }>(`SELECT request FROM ${TABLES[kind]} WHERE arn = ?`, arn);
  return row && (JSON.parse(row.request) as Request);
}

/** The tags of a resource where they are others than those it was created with. */
export async function getTags(state: Statements, arn: string): Promise<TagSet | undefined> {
  const row = await state.get<{ tags: string }>('SELECT tags FROM tags WHERE arn = ?', arn);
  return row && (JSON.parse(row.tags) as TagSet);
}

/** Sets all tags of a resource. */
export async function putTags(state: Statements, arn: string, tags: TagSet): Promise<void> {
  const sql =
    'INSERT INTO tags (arn, tags) VALUES (?, ?) ON CONFLICT (arn) DO UPDATE SET tags = excluded.tags';
  await state.run(sql, arn, JSON.stringify(tags));
}

/** Forgets the tags of a resource that is removed. */
export async function deleteTags(state: Statements, arn: string): Promise<void> {
  await state.run('DELETE FROM tags WHERE arn = ?', arn);
}
