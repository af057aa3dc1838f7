import type { z } from 'zod';
import { parseGraph } from '../../../graph/index.ts';
import { removeRun, runUnderWay } from '../../../home/runs/index.ts';
import { getRun, getRunGraph, listRunJobs, listRuns, readRoster } from '../../../state/index.ts';
import type { ApiContext } from '../api-context.ts';
import { readToken, writeToken } from '../page-token.ts';
import type { ApiAnswer, ApiRequest } from '../route.ts';
import type { queries } from '../schemas.ts';
import { runDocument, runSummary, runSummaryOf } from './run-documents.ts';

interface Id {
  readonly id: string;
}

/** `GET /runs` */
export async function findRuns(
  { home }: ApiContext,
  { query }: ApiRequest<object, z.infer<typeof queries.runs>, undefined>,
): Promise<ApiAnswer> {
  const limit = Number(query.limit ?? 100);
  const [createdAt, id] = (readToken(query.token, ['number', 'string']) ?? []) as [number?, string?];
  const runs = await listRuns(home.state, {
    workflow: query.workflow,
    phase: query.phase,
    createdAfter: query.createdAfter === undefined ? undefined : Date.parse(query.createdAfter),
    createdBefore: query.createdBefore === undefined ? undefined : Date.parse(query.createdBefore),
    after: createdAt === undefined || id === undefined ? undefined : { createdAt, id },
    limit: limit + 1,
  });
  const roster = await readRoster(home.state);
  const last = runs[limit - 1];
  return {
    status: 200,
    body: {
      runs: runs.slice(0, limit).map((run) => runSummaryOf(roster, run)),
      ...(runs.length > limit && last && { nextToken: writeToken([last.createdAt, last.id]) }),
    },
  };
}

/** `GET /runs/{id}` */
export async function showRun(
  { home }: ApiContext,
  { path }: ApiRequest<Id, object, undefined>,
): Promise<ApiAnswer> {
  return { status: 200, body: await runDocument(home.state, path.id) };
}

/** `DELETE /runs/{id}` */
export async function deleteRun(
  { home }: ApiContext,
  { path: { id } }: ApiRequest<Id, object, undefined>,
): Promise<ApiAnswer> {
  if (!(await removeRun(home, id))) throw runUnderWay(id);
  return { status: 204 };
}

/** `POST /runs/{id}/cancel` */
export async function cancelRun(
  { home, keeper, clock }: ApiContext,
  { path: { id } }: ApiRequest<Id, object, undefined>,
): Promise<ApiAnswer> {
  const { state, jobs } = home;
  const asked = await keeper.cancel(id, clock());
  if (asked === 'aborted') {
    // To look for them accounts for them: what their dead process has left running is ended.
    for (const { type, name } of await listRunJobs(state, id)) {
      if (type === 'training') await jobs.training.find(name);
      else if (type === 'processing') await jobs.processing.find(name);
      else await jobs.transform.find(name);
    }
  }
  return { status: asked === 'asked' ? 202 : 200, body: await runSummary(state, id) };
}

/** `POST /runs/{id}/resume` */
export async function resumeRun(
  { home, keeper }: ApiContext,
  { path: { id } }: ApiRequest<Id, object, undefined>,
): Promise<ApiAnswer> {
  const { phase } = await getRun(home.state, id);
  if (phase !== 'Succeeded') {
    const graph = await parseGraph(await getRunGraph(home.state, id), { recorded: true });
    // Nobody can be asked: what a cap does not answer is refused.
    const refused = await home.resumeNotApproved(id, graph);
    if (refused) throw refused;
    await keeper.resume(id);
  }
  return { status: phase === 'Succeeded' ? 200 : 202, body: await runSummary(home.state, id) };
}
