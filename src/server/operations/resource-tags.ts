import type { Tag } from '@aws-sdk/client-sagemaker';
import {
  getTaggedRequest,
  getTags,
  isTaggedKind,
  putTags,
  type Statements,
  type TagSet,
} from '../../state/index.ts';
import { AwsError, validationError } from '../wire/aws-error.ts';
import type { OperationContext } from './operation.ts';

/** The most tags that a resource can have. */
const MAX_TAGS = 50;

/**
 * The tags of a resource, by its ARN.
 *
 * @throws AwsError `ValidationException` for an ARN that names nothing here
 */
export async function tagsOf(state: Statements, context: OperationContext, arn: string): Promise<TagSet> {
  const created = await findTags(state, context, arn);
  return (await getTags(state, canonicalArn(arn))) ?? tagSet(created);
}

/** Changes the tags of a resource and answers with what they are then. @throws AwsError `ValidationException` */
export async function changeTags(
  context: OperationContext,
  arn: string,
  change: (tags: TagSet) => TagSet,
): Promise<TagSet> {
  return context.state.transaction(async (transaction) => {
    const tags = change(await tagsOf(transaction, context, arn));
    const count = Object.keys(tags).length;
    if (count > MAX_TAGS) {
      throw new AwsError(
        'ResourceLimitExceeded',
        `A resource can have at most ${MAX_TAGS} tags, not ${count}.`,
      );
    }
    await putTags(transaction, canonicalArn(arn), tags);
    return tags;
  });
}

/** SageMaker's list of tags as a set; of two with one key the last counts. */
export function tagSet(tags: readonly Tag[] | undefined): TagSet {
  return Object.fromEntries(
    (tags ?? []).map(({ Key: key, Value: value }) => [key as string, value as string]),
  );
}

/** A set of tags as SageMaker's list. */
export function tagList(tags: TagSet): Tag[] {
  return Object.entries(tags).map(([key, value]) => ({ Key: key, Value: value }));
}

async function findTags(
  state: Statements,
  { account }: OperationContext,
  arn: string,
): Promise<readonly Tag[] | undefined> {
  const [, region, accountId, kind = ''] = /^arn:[^:]+:sagemaker:([^:]*):(\d+):([^/]+)\//.exec(arn) ?? [];
  if (region !== account.region || accountId !== account.accountId || !isTaggedKind(kind))
    throw notFound(arn);
  const request = await getTaggedRequest<{ readonly Tags?: readonly Tag[] }>(state, kind, canonicalArn(arn));
  if (!request) throw notFound(arn);
  return request.Tags;
}

/** ARNs that are put together from a name may have its upper case. */
function canonicalArn(arn: string): string {
  return arn.replace(/\/.*$/s, (name) => name.toLowerCase());
}

function notFound(arn: string): AwsError {
  return validationError(`The resource ${arn} does not exist.`);
}
