import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { SluiceError } from '../../../core/errors.ts';
import { canonicalJson, graphHash, type Json, parseGraph, type WorkflowGraph } from '../../../graph/index.ts';
import {
  checkBundles,
  checkRemoteGraph,
  checkRemoteInputs,
  parseRemoteGraph,
} from '../../../home/keep-runs/index.ts';
import { findRunByKey, getWorkflowVersion, type RunKey } from '../../../state/index.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import type { ApiAnswer, ApiRequest } from '../route.ts';
import { idempotencyKey, type startRun as schema } from '../schemas.ts';
import { runSummary } from './run-documents.ts';

type Body = z.infer<typeof schema>;

interface Chosen {
  readonly graph: WorkflowGraph;
  readonly version?: string;
}

/** `POST /runs` */
export async function startRun(
  context: ApiContext,
  { body, request }: ApiRequest<object, object, Body>,
): Promise<ApiAnswer> {
  const { home, keeper, limits } = context;
  const inputs = (body.inputs ?? {}) as Record<string, Json>;
  checkRemoteInputs(inputs, limits);
  const { graph, version } = await chooseGraph(context, body);
  const key = readKey(request.headers['idempotency-key'], body, graph);
  const known = key && (await findRunByKey(home.state, key));
  if (known !== undefined) return answer(context, known, 200);
  checkRemoteGraph(graph, limits, home.sandboxed);
  await checkBundles(home, graph, limits);
  try {
    const { failurePolicy, concurrency } = body;
    const id = await keeper.begin({
      graph,
      inputs,
      failurePolicy,
      version,
      key,
      ...(concurrency !== undefined && { concurrency }),
    });
    return await answer(context, id, 201);
  } catch (error) {
    // Another request with the key was quicker.
    const same =
      key && error instanceof SluiceError && error.code === 'RunKeyTaken'
        ? await findRunByKey(home.state, key)
        : undefined;
    if (same === undefined) throw error;
    return answer(context, same, 200);
  }
}

async function answer({ home }: ApiContext, id: string, status: number): Promise<ApiAnswer> {
  return {
    status,
    body: await runSummary(home.state, id),
    headers: { location: `/_sluice/v1/runs/${id}` },
  };
}

async function chooseGraph({ home, limits }: ApiContext, { graph, workflow }: Body): Promise<Chosen> {
  if ((graph === undefined) === (workflow === undefined))
    throw new ApiError(400, 'InvalidArgument', 'Expected either graph or workflow.', { field: 'graph' });
  if (workflow === undefined) return { graph: await parseRemoteGraph(graph, limits) };
  const registered = await getWorkflowVersion(home.state, workflow.name, workflow.version);
  return {
    graph: await parseGraph(registered.graph, { recorded: true }),
    version: registered.version,
  };
}

function readKey(
  header: string | string[] | undefined,
  body: Body,
  graph: WorkflowGraph,
): RunKey | undefined {
  const { workflow, inputs = {}, failurePolicy, concurrency } = body;
  if (header !== undefined && body.idempotencyKey !== undefined && header !== body.idempotencyKey)
    throw new ApiError(400, 'InvalidArgument', 'The header Idempotency-Key and idempotencyKey differ.', {
      field: 'idempotencyKey',
    });
  const given = header ?? body.idempotencyKey;
  if (given === undefined) return undefined;
  const key = idempotencyKey.safeParse(given);
  if (!key.success)
    throw new ApiError(
      400,
      'InvalidArgument',
      'Idempotency-Key: expected 1 to 255 printable characters without spaces.',
      {
        field: 'Idempotency-Key',
      },
    );
  const asked = [workflow ?? graphHash(graph), inputs, failurePolicy ?? null, concurrency ?? null] as Json;
  return { key: key.data, fingerprint: createHash('sha256').update(canonicalJson(asked)).digest('hex') };
}
