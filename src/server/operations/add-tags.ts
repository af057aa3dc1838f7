import type { AddTagsInput, AddTagsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { changeTags, tagList, tagSet } from './resource-tags.ts';

/**
 * Gaps: the messages for a resource that does not exist and for too many tags are ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html
 */
export const addTags: Operation<AddTagsInput, AddTagsOutput> = async (input, context) => {
  const added = tagSet(input.Tags);
  const tags = await changeTags(context, input.ResourceArn as string, (before) => ({ ...before, ...added }));
  return { Tags: tagList(tags) };
};
