import type { ListEndpointsInput, ListEndpointsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { readListPage } from './pages.ts';

/**
 * Ten at a time unless MaxResults says otherwise, the newest first unless SortOrder does. Gaps: the message for a token that is not valid is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpoints.html
 */
export const listEndpoints: Operation<ListEndpointsInput, ListEndpointsOutput> = async (input, { jobs }) => {
  const { rows, ...page } = await readListPage(input, (filter) => jobs.endpoints.list(filter));
  const Endpoints = rows.map(({ name, arn, status, createdAt, modifiedAt }) => ({
    EndpointName: name,
    EndpointArn: arn,
    CreationTime: new Date(createdAt),
    LastModifiedTime: new Date(modifiedAt),
    EndpointStatus: status,
  }));
  return { Endpoints, ...page };
};
