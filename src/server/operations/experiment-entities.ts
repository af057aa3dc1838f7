/**
 * Experiments, their trials, and the components of trials.
 *
 * Source of the codes: the API's reference. Gaps: the messages are ours, but for that of a name that is taken.
 */
import { resourceArn } from '../../contract/arns.ts';
import {
  createResource,
  deleteResource,
  deleteTags,
  getResource,
  listResources,
  type ResourceRecord,
} from '../../state/index.ts';
import { AwsError, validationError } from '../wire/aws-error.ts';
import type { OperationContext } from './operation.ts';
import { type Page, type PageInput, readPage } from './pages.ts';

/** By the words that stand in their ARNs. */
type EntityKind = 'experiment' | 'experiment-trial' | 'experiment-trial-component';

const WORDS: Readonly<Record<EntityKind, string>> = {
  experiment: 'Experiment',
  'experiment-trial': 'Trial',
  'experiment-trial-component': 'Trial component',
};

/** What the Create requests have in common. */
interface Described {
  readonly DisplayName?: string | undefined;
}

/** Keeps a new one; answers with its ARN. @throws AwsError `ValidationException` when the name is taken */
export async function createEntity(
  { state, account, clock }: OperationContext,
  kind: EntityKind,
  name: string,
  request: object,
): Promise<string> {
  const arn = resourceArn(account, kind, name);
  if (await createResource(state, kind, { name, arn, createdAt: clock().getTime(), request })) return arn;
  throw validationError(
    `${WORDS[kind]} names must be unique within an AWS account and region. ${WORDS[kind]} with name (${name}) already exists.`,
  );
}

/** One by its name. @throws AwsError `ResourceNotFound` */
export async function getEntity<Request>(
  { state }: OperationContext,
  kind: EntityKind,
  name: string,
): Promise<ResourceRecord<Request>> {
  const record = await getResource<Request>(state, kind, name);
  if (record) return record;
  throw notFound(kind, name);
}

/** Removes one with its tags; answers with its ARN. @throws AwsError `ResourceNotFound` */
export async function deleteEntity(
  { state, account }: OperationContext,
  kind: EntityKind,
  name: string,
): Promise<string> {
  const arn = resourceArn(account, kind, name);
  const deleted = await state.transaction(async (transaction) => {
    const found = await deleteResource(transaction, kind, name);
    if (found) await deleteTags(transaction, arn);
    return found;
  });
  if (!deleted) throw notFound(kind, name);
  return arn;
}

/** The members that every description and summary has. */
export function entityFacts({ name, createdAt, request }: ResourceRecord<Described>) {
  const created = new Date(createdAt);
  return { DisplayName: request.DisplayName ?? name, CreationTime: created, LastModifiedTime: created };
}

/** All of a kind, the oldest first. */
export function allEntities<Request>(
  { state }: OperationContext,
  kind: EntityKind,
): Promise<ResourceRecord<Request>[]> {
  return listResources<Request>(state, kind, { sortOrder: 'ascending', limit: Number.MAX_SAFE_INTEGER });
}

/** How the List operations pick and sort. */
interface ListEntitiesInput extends PageInput {
  readonly CreatedAfter?: Date | undefined;
  readonly CreatedBefore?: Date | undefined;
}

/** One page of rows that are at hand; by creation, the newest first, unless asked for otherwise. @throws AwsError `ValidationException` */
export function entityPage<Row extends ResourceRecord>(
  input: ListEntitiesInput,
  rows: readonly Row[],
): Promise<Page<Row>> {
  const keyOf = ({ name, createdAt }: Row) => ({ value: input.SortBy === 'Name' ? 0 : createdAt, name });
  const ascending = input.SortOrder === 'Ascending' ? 1 : -1;
  const compare = (a: ReturnType<typeof keyOf>, b: ReturnType<typeof keyOf>) =>
    ascending * (a.value - b.value || (a.name < b.name ? -1 : Number(a.name > b.name)));
  const { CreatedAfter: from, CreatedBefore: until } = input;
  const sorted = rows
    .filter(
      ({ createdAt }) => (!from || createdAt >= from.getTime()) && (!until || createdAt <= until.getTime()),
    )
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
  return readPage(
    input,
    async (after, limit) => {
      const left =
        after && sorted.filter((row) => compare(keyOf(row), { ...after, value: Number(after.value) }) > 0);
      return (left ?? sorted).slice(0, limit);
    },
    keyOf,
  );
}

function notFound(kind: EntityKind, name: string): AwsError {
  return new AwsError('ResourceNotFound', `${WORDS[kind]} '${name}' does not exist.`);
}
