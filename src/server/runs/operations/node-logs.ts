import { join } from 'node:path';
import type { z } from 'zod';
import { suggest } from '../../../core/suggest.ts';
import type { WorkflowGraph } from '../../../graph/index.ts';
import { functionLogDirectory } from '../../../home/runs/index.ts';
import { getRun, getRunGraph, listNodes } from '../../../state/index.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import { readFunctionLog } from '../read-function-log.ts';
import type { ApiAnswer, ApiRequest } from '../route.ts';
import type { LogLineBody, queries } from '../schemas.ts';

type Request = ApiRequest<
  { readonly id: string; readonly node: string },
  z.infer<typeof queries.logs>,
  undefined
>;

/** `GET /runs/{id}/nodes/{node}/logs`: of the last attempt; with `follow` a stream until the job ends. */
export async function nodeLogs(context: ApiContext, request: Request): Promise<ApiAnswer | undefined> {
  const { query, response } = request;
  const last = request.request.headers['last-event-id'];
  const cursor = typeof last === 'string' ? last : query.cursor;
  const options = cursor === undefined ? {} : { cursor };
  const limit = Number(query.limit ?? 1000);
  const find = await findLog(context, request.path.id, request.path.node);
  if (query.follow !== 'true') {
    const lines: LogLineBody[] = [];
    if (find) for await (const line of find(options)) if (lines.push(line) >= limit) break;
    const end = lines.at(-1)?.cursor ?? cursor;
    return { status: 200, body: { lines, ...(end !== undefined && { nextCursor: end }) } };
  }
  const stream = context.streams.open(response);
  try {
    if (find)
      for await (const line of find({ ...options, follow: true, signal: stream.signal }))
        await stream.send({ id: line.cursor, event: 'log', data: line });
  } catch (error) {
    if (!stream.signal.aborted)
      await stream.send({ event: 'error', data: { message: (error as Error).message } });
  } finally {
    stream.end();
  }
  return undefined;
}

type Lines = (options: {
  readonly cursor?: string;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}) => AsyncIterable<LogLineBody>;

/** Undefined: the node has no job yet, or never will. */
async function findLog({ home }: ApiContext, id: string, name: string): Promise<Lines | undefined> {
  await getRun(home.state, id);
  const graph = JSON.parse(await getRunGraph(home.state, id)) as WorkflowGraph;
  const position = graph.nodes.findIndex((node) => node.id === name);
  if (position < 0)
    throw new ApiError(404, 'NodeNotFound', `The run has no node '${name}'.`, {
      field: 'node',
      hint: suggest(
        name,
        graph.nodes.map((node) => node.id),
      ),
    });
  const node = async () => (await listNodes(home.state, id)).find((record) => record.position === position);
  const task = graph.tasks[graph.nodes[position]?.task ?? ''];
  if (task?.type === 'function')
    return (options) =>
      readFunctionLog(join(functionLogDirectory(home.paths, id), `${name}.log`), {
        ...options,
        isRunning: async () => (await node())?.phase === 'Running',
      });
  const job = (await node())?.job;
  if (!job) return undefined;
  const platforms = await home.platforms();
  const platform = Object.hasOwn(platforms, job.platform) ? platforms[job.platform] : undefined;
  if (!platform) throw new ApiError(404, 'LogsNotFound', `There is no platform '${job.platform}' here.`);
  return async function* lines(options) {
    for await (const { timestamp, stream, message, overwritten, cursor } of platform.logs(
      job as Parameters<typeof platform.logs>[0],
      options,
    ))
      if (!overwritten) yield { timestamp: timestamp.toISOString(), stream, message, cursor };
  };
}
