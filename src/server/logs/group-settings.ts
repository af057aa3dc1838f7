import { getLogGroup } from '../../state/index.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { nameInArn } from './groups.ts';
import { changeGroup, noCustomGroup } from './log-groups.ts';
import { groupNotFound, invalidParameter } from './logs-errors.ts';

/** The retentions that AWS takes, days. */
const RETENTIONS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const MAX_TAGS = 50;

interface RetentionInput {
  readonly logGroupName: string;
  readonly retentionInDays: number;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const putRetentionPolicy: Operation<RetentionInput, object> = async (input, context) => {
  const { logGroupName: name, retentionInDays } = input;
  if (!RETENTIONS.includes(retentionInDays)) {
    throw invalidParameter(
      `retentionInDays must be one of ${RETENTIONS.join(', ')}, not ${retentionInDays}.`,
    );
  }
  await changeGroup(context, name, (settings) => ({ ...settings, retentionInDays }));
  return {};
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html */
export const deleteRetentionPolicy: Operation<{ readonly logGroupName: string }, object> = async (
  { logGroupName: name },
  context,
) => {
  await changeGroup(context, name, ({ retentionInDays: _gone, ...settings }) => settings);
  return {};
};

type Tags = Readonly<Record<string, string>>;

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html */
export const tagResource: Operation<{ readonly resourceArn: string; readonly tags: Tags }, object> = async (
  { resourceArn, tags: added },
  context,
) => {
  await changeGroup(context, nameOf(resourceArn), (settings) => {
    const tags = { ...settings.tags, ...added };
    if (Object.keys(tags).length <= MAX_TAGS) return { ...settings, tags };
    throw invalidParameter(`A log group can have at most ${MAX_TAGS} tags.`);
  });
  return {};
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html */
export const untagResource: Operation<
  { readonly resourceArn: string; readonly tagKeys: readonly string[] },
  object
> = async ({ resourceArn, tagKeys }, context) => {
  await changeGroup(context, nameOf(resourceArn), (settings) => {
    const tags = Object.entries(settings.tags ?? {}).filter(([key]) => !tagKeys.includes(key));
    return { ...settings, tags: Object.fromEntries(tags) };
  });
  return {};
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html */
export const listTagsForResource: Operation<{ readonly resourceArn: string }, { tags: Tags }> = async (
  { resourceArn },
  context,
) => ({ tags: await tagsOf(context, nameOf(resourceArn)) });

async function tagsOf(context: OperationContext, name: string): Promise<Tags> {
  const group = await getLogGroup(context.state, name);
  if (group) return group.settings.tags ?? {};
  const error = await noCustomGroup(context, name);
  if (error.code === 'ResourceNotFoundException') throw error;
  return {};
}

/** @throws AwsError `ResourceNotFoundException` for what is no ARN of a log group */
function nameOf(arn: string): string {
  const name = nameInArn(arn);
  if (name === undefined) throw groupNotFound();
  return name;
}
