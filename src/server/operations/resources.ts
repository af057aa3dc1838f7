import { type ResourceType, resourceArn } from '../../contract/arns.ts';
import {
  createResource,
  deleteResource,
  deleteTags,
  getResource,
  listResources,
  type ResourceKind,
  type ResourceRecord,
} from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';
import type { OperationContext } from './operation.ts';
import { type ListInput, type Page, readListPage } from './pages.ts';

/** How AWS's messages call a kind of resource. */
const WORDS = { model: 'model', 'endpoint-config': 'endpoint configuration' } as const;

/** The resources whose operations answer in these words. */
type NamedKind = keyof typeof WORDS & ResourceKind;

/** The members that the List operations of resources take. */
export type ListResourcesInput = Omit<ListInput<never>, 'LastModifiedTimeAfter' | 'LastModifiedTimeBefore'>;

/** Keeps a new resource; answers with its ARN. @throws AwsError `ValidationException` when the name is taken */
export async function createNamed(
  { state, account, clock }: OperationContext,
  kind: NamedKind,
  name: string,
  request: object,
): Promise<string> {
  const arn = resourceArn(account, kind satisfies ResourceType, name);
  const record = { name, arn, createdAt: clock().getTime(), request };
  if (await createResource(state, kind, record)) return arn;
  throw validationError(`Cannot create already existing ${WORDS[kind]} "${arn}".`);
}

/** A resource by its name. @throws AwsError `ValidationException` */
export async function getNamed<Request>(
  context: OperationContext,
  kind: NamedKind,
  name: string,
): Promise<ResourceRecord<Request>> {
  const record = await getResource<Request>(context.state, kind, name);
  if (record) return record;
  throw notFound(context, kind, name);
}

/** Removes a resource and its tags. @throws AwsError `ValidationException` */
export async function deleteNamed(context: OperationContext, kind: NamedKind, name: string): Promise<void> {
  const deleted = await context.state.transaction(async (transaction) => {
    const found = await deleteResource(transaction, kind, name);
    if (found) await deleteTags(transaction, resourceArn(context.account, kind, name));
    return found;
  });
  if (!deleted) throw notFound(context, kind, name);
}

/** One page of the resources of a kind. @throws AwsError `ValidationException` */
export function listNamed(
  { state }: OperationContext,
  kind: NamedKind,
  input: ListResourcesInput,
): Promise<Page<ResourceRecord>> {
  return readListPage(input, (filter) => listResources(state, kind, filter));
}

function notFound({ account }: OperationContext, kind: NamedKind, name: string) {
  return validationError(`Could not find ${WORDS[kind]} "${resourceArn(account, kind, name)}".`);
}
