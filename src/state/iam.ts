import type { Database, Statements } from './database.ts';

/** What IAM keeps here. */
export type IamKind = 'role' | 'policy';

/** A role or a policy. `Content` is the service's own. */
export interface IamRecord<Content = unknown> {
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly content: Content;
}

interface IamRow {
  readonly created_at: number;
  readonly content: string;
}

/** The entity of this key, in whichever case. */
export async function getIamEntity<Content>(
  state: Statements,
  kind: IamKind,
  key: string,
): Promise<IamRecord<Content> | undefined> {
  const row = await state.get<IamRow>(
    'SELECT created_at, content FROM iam_entities WHERE kind = ? AND key = ?',
    kind,
    key.toLowerCase(),
  );
  return row && iamRecord(row);
}

/** Every entity of a kind, by key. */
export async function listIamEntities<Content>(
  state: Statements,
  kind: IamKind,
): Promise<IamRecord<Content>[]> {
  const rows = await state.all<IamRow>(
    'SELECT created_at, content FROM iam_entities WHERE kind = ? ORDER BY key',
    kind,
  );
  return rows.map((row) => iamRecord<Content>(row));
}

/**
 * Makes, changes or removes an entity in one transaction.
 *
 * @param change from what is there, if anything, to what is to be there; undefined removes it. What it throws leaves
 *   everything as it is
 */
export async function changeIamEntity<Content>(
  state: Database,
  kind: IamKind,
  key: string,
  change: (before: IamRecord<Content> | undefined) => IamRecord<Content> | undefined,
): Promise<IamRecord<Content> | undefined> {
  return state.transaction(async (transaction) => {
    const after = change(await getIamEntity<Content>(transaction, kind, key));
    if (after === undefined)
      await transaction.run('DELETE FROM iam_entities WHERE kind = ? AND key = ?', kind, key.toLowerCase());
    else
      await transaction.run(
        `INSERT INTO iam_entities (kind, key, created_at, content) VALUES (?, ?, ?, ?)
          ON CONFLICT (kind, key) DO UPDATE SET created_at = excluded.created_at, content = excluded.content`,
        kind,
        key.toLowerCase(),
        after.createdAt,
        JSON.stringify(after.content),
      );
    return after;
  });
}

function iamRecord<Content>({ created_at: createdAt, content }: IamRow): IamRecord<Content> {
  return { createdAt, content: JSON.parse(content) as Content };
}
