import type { ListTagsInput, ListTagsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { readPage } from './pages.ts';
import { tagList, tagsOf } from './resource-tags.ts';

/** The most tags that a resource has: all of them come at once unless fewer are asked for. */
const ALL_TAGS = 50;

/**
 * Gaps: the message for a resource that does not exist is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTags.html
 */
export const listTags: Operation<ListTagsInput, ListTagsOutput> = async (input, context) => {
  const tags = tagList(await tagsOf(context.state, context, input.ResourceArn as string));
  const { rows, ...page } = await readPage(
    { ...input, MaxResults: input.MaxResults ?? ALL_TAGS },
    async (after, limit) => {
      const start = after === undefined ? 0 : tags.findIndex(({ Key: key }) => key === after.name) + 1;
      return tags.slice(start, start + limit);
    },
    ({ Key: key }) => ({ value: 0, name: key as string }),
  );
  return { Tags: rows, ...page };
};
