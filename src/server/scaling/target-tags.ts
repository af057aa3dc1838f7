import { listScalableTargets, putScalableTarget, type ScalableTargetRecord } from '../../state/index.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';

interface ResourceInput {
  readonly ResourceARN: string;
}

type Tags = Readonly<Record<string, string>>;

const MOST_TAGS = 50;

/** @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html */
export const listTagsForResource: Operation<ResourceInput, object> = async (input, context) => ({
  Tags: (await findTarget(input, context)).settings.tags,
});

/** @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html */
export const tagResource: Operation<ResourceInput & { readonly Tags: Tags }, object> = async (
  input,
  context,
) => change(input, context, (tags) => ({ ...tags, ...input.Tags }));

/** @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_UntagResource.html */
export const untagResource: Operation<
  ResourceInput & { readonly TagKeys: readonly string[] },
  object
> = async (input, context) =>
  change(input, context, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))),
  );

async function change(
  input: ResourceInput,
  context: OperationContext,
  edit: (tags: Tags) => Tags,
): Promise<object> {
  const target = await findTarget(input, context);
  const tags = edit(target.settings.tags);
  if (Object.keys(tags).length > MOST_TAGS) {
    throw new AwsError('TooManyTagsException', `A scalable target has at most ${MOST_TAGS} tags.`);
  }
  await putScalableTarget(context.state, { ...target, settings: { ...target.settings, tags } });
  return {};
}

/** @throws AwsError `ResourceNotFoundException` */
async function findTarget(
  { ResourceARN: arn }: ResourceInput,
  { state }: OperationContext,
): Promise<ScalableTargetRecord> {
  const target = (await listScalableTargets(state)).find((each) => each.arn === arn);
  if (target) return target;
  throw new AwsError('ResourceNotFoundException', `No scalable target found with ARN: ${arn}`);
}
