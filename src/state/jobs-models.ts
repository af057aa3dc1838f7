import type { Statements } from './database.ts';

/** A model as it is kept. `Request` is SageMaker's CreateModel request. */
export interface ModelRecord<Request = unknown> {
  readonly name: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly request: Request;
}

/** Keeps a model. Resolves with false when one of this name exists: that one stays. */
export async function createModel(state: Statements, model: ModelRecord): Promise<boolean> {
  const sql =
    'INSERT INTO models (name, arn, created_at, request) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
  const request = JSON.stringify(model.request);
  return (await state.run(sql, model.name, model.arn, model.createdAt, request)) === 1;
}

/** The model of this name. */
export async function getModel<Request>(
  state: Statements,
  name: string,
): Promise<ModelRecord<Request> | undefined> {
  const sql = 'SELECT name, arn, created_at AS createdAt, request FROM models WHERE name = ?';
  const row = await state.get<ModelRecord & { request: string }>(sql, name);
  return row && { ...row, request: JSON.parse(row.request) as Request };
}
