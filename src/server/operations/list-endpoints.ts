import type { ListEndpointsInput, ListEndpointsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { readPage } from './pages.ts';

const SORT_COLUMNS = { Name: 'name', CreationTime: 'createdAt', Status: 'status' } as const;

/**
 * Ten at a time unless MaxResults says otherwise. Gaps: the message for a token that is not valid is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpoints.html
 */
export const listEndpoints: Operation<ListEndpointsInput, ListEndpointsOutput> = async (input, { jobs }) => {
  const sortBy = SORT_COLUMNS[input.SortBy ?? 'CreationTime'];
  const { rows, ...page } = await readPage(
    input,
    (after, limit) =>
      jobs.endpoints.list({
        nameContains: input.NameContains,
        status: input.StatusEquals,
        createdAfter: input.CreationTimeAfter?.getTime(),
        createdBefore: input.CreationTimeBefore?.getTime(),
        modifiedAfter: input.LastModifiedTimeAfter?.getTime(),
        modifiedBefore: input.LastModifiedTimeBefore?.getTime(),
        sortBy,
        sortOrder: input.SortOrder === 'Ascending' ? 'ascending' : 'descending',
        after,
        limit,
      }),
    (record) => ({ value: record[sortBy], name: record.name }),
  );
  const Endpoints = rows.map(({ name, arn, status, createdAt, modifiedAt }) => ({
    EndpointName: name,
    EndpointArn: arn,
    CreationTime: new Date(createdAt),
    LastModifiedTime: new Date(modifiedAt),
    EndpointStatus: status,
  }));
  return { Endpoints, ...page };
};
