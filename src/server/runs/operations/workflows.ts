import type { z } from 'zod';
import { graphHash, serializeGraph } from '../../../graph/index.ts';
import { checkBundles, checkRemoteGraph, parseRemoteGraph } from '../../../home/keep-runs/index.ts';
import {
  getWorkflowVersion,
  listWorkflowVersions,
  putWorkflowVersion,
  type WorkflowVersion,
} from '../../../state/index.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import { readToken, writeToken } from '../page-token.ts';
import type { ApiAnswer, ApiRequest } from '../route.ts';
import type { graphBody, queries, WorkflowVersionBody } from '../schemas.ts';

interface Name {
  readonly name: string;
}

interface Version extends Name {
  readonly version: string;
}

/** `PUT /workflows/{name}/versions/{version}` */
export async function registerWorkflow(
  { home, limits, clock }: ApiContext,
  { path, body }: ApiRequest<Version, object, z.infer<typeof graphBody>>,
): Promise<ApiAnswer> {
  const { name, version } = path;
  const graph = await parseRemoteGraph(body, limits);
  if (graph.name !== name)
    throw new ApiError(
      400,
      'InvalidArgument',
      `The graph is of the workflow '${graph.name}', the path says '${name}'.`,
      {
        field: 'name',
      },
    );
  checkRemoteGraph(graph, limits, home.sandboxed);
  await checkBundles(home, graph, limits);
  const kept = { name, version, graphHash: graphHash(graph), createdAt: clock().getTime() };
  const isNew = await putWorkflowVersion(home.state, { ...kept, graph: serializeGraph(graph) });
  const body_ = documentOf(isNew ? kept : await getWorkflowVersion(home.state, name, version));
  return { status: isNew ? 201 : 200, body: body_ };
}

/** `GET /workflows/{name}/versions/{version}` */
export async function showWorkflow(
  { home }: ApiContext,
  { path }: ApiRequest<Version, object, undefined>,
): Promise<ApiAnswer> {
  const found = await getWorkflowVersion(home.state, path.name, path.version);
  return { status: 200, body: { ...documentOf(found), graph: JSON.parse(found.graph) as object } };
}

/** `GET /workflows/{name}/versions` */
export async function listVersions(
  context: ApiContext,
  { path, query }: ApiRequest<Name, z.infer<typeof queries.page>, undefined>,
): Promise<ApiAnswer> {
  return list(context, query, path.name);
}

/** `GET /workflows` */
export async function listWorkflows(
  context: ApiContext,
  { query }: ApiRequest<object, z.infer<typeof queries.workflows>, undefined>,
): Promise<ApiAnswer> {
  return list(context, query, query.name);
}

async function list(
  { home }: ApiContext,
  query: z.infer<typeof queries.page>,
  name: string | undefined,
): Promise<ApiAnswer> {
  const limit = Number(query.limit ?? 100);
  const token = readToken(query.token, ['number', 'string', 'string']) as
    | [number, string, string]
    | undefined;
  const found = await listWorkflowVersions(home.state, {
    name,
    after: token && { createdAt: token[0], name: token[1], version: token[2] },
    limit: limit + 1,
  });
  const last = found[limit - 1];
  return {
    status: 200,
    body: {
      workflows: found.slice(0, limit).map(documentOf),
      ...(found.length > limit &&
        last && { nextToken: writeToken([last.createdAt, last.name, last.version]) }),
    },
  };
}

function documentOf({ name, version, graphHash: hash, createdAt }: WorkflowVersion): WorkflowVersionBody {
  return { name, version, graphHash: hash, createdAt: new Date(createdAt).toISOString() };
}
