import type { DeleteTagsInput, DeleteTagsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { changeTags } from './resource-tags.ts';

/**
 * Gaps: the message for a resource that does not exist is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteTags.html
 */
export const deleteTags: Operation<DeleteTagsInput, DeleteTagsOutput> = async (input, context) => {
  const keys = new Set(input.TagKeys);
  await changeTags(context, input.ResourceArn as string, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.has(key))),
  );
  return {};
};
