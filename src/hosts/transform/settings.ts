import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { DEFAULT_PAYLOAD_IN_MB, MAX_PAYLOAD_IN_MB } from '../../contract/rules.ts';
import { askServer } from '../serving/http.ts';
import type { ModelServer } from '../serving/model-server.ts';

/** How a job's data is sent, after request, container and defaults were asked, in this order. */
export interface TransformSettings {
  readonly maxConcurrentTransforms: number;
  readonly strategy: 'SingleRecord' | 'MultiRecord';
  /** 0: the whole object, in chunks. */
  readonly maxPayloadBytes: number;
}

const ASK_TIMEOUT_MS = 10_000;

/** What a container says of itself, as far as it is of use: it is the job's, and may say anything. */
interface SaidParameters {
  readonly MaxConcurrentTransforms: number | undefined;
  readonly BatchStrategy: string | undefined;
  readonly MaxPayloadInMB: number | undefined;
}

const NOTHING: SaidParameters = {
  MaxConcurrentTransforms: undefined,
  BatchStrategy: undefined,
  MaxPayloadInMB: undefined,
};

/** Decides how data is sent; asks the (first) container's /execution-parameters for what the request leaves open. */
export async function transformSettings(
  request: CreateTransformJobRequest,
  server: ModelServer,
): Promise<TransformSettings> {
  const container = await executionParameters(request, server);
  const strategy = request.BatchStrategy ?? container.BatchStrategy;
  const payload = request.MaxPayloadInMB ?? container.MaxPayloadInMB ?? DEFAULT_PAYLOAD_IN_MB;
  return {
    // 0 in the request asks for the container's own choice.
    maxConcurrentTransforms: Math.min(
      Math.floor(MAX_PAYLOAD_IN_MB / Math.max(1, payload)),
      request.MaxConcurrentTransforms || container.MaxConcurrentTransforms || 1,
    ),
    strategy: strategy === 'SingleRecord' || strategy === 'SINGLE_RECORD' ? 'SingleRecord' : 'MultiRecord',
    maxPayloadBytes: payload * 1024 * 1024,
  };
}

async function executionParameters(
  request: CreateTransformJobRequest,
  server: ModelServer,
): Promise<SaidParameters> {
  if (request.MaxConcurrentTransforms && request.BatchStrategy && request.MaxPayloadInMB !== undefined)
    return NOTHING;
  try {
    const path = '/execution-parameters';
    const { agent, ports } = server;
    const port = ports[0] as number;
    const ask = { agent, port, method: 'GET', path, timeoutMs: ASK_TIMEOUT_MS } as const;
    const { status, body } = await askServer(ask);
    return status === 200 ? readParameters(JSON.parse(body.toString('utf8'))) : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** What is no whole number, or above what is ever allowed, counts as not said. */
function readParameters(said: unknown): SaidParameters {
  const values = (said ?? {}) as Record<string, unknown>;
  const wholeNumber = (name: string): number | undefined => {
    const value = values[name];
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_PAYLOAD_IN_MB
      ? value
      : undefined;
  };
  const strategy = values['BatchStrategy'];
  return {
    MaxConcurrentTransforms: wholeNumber('MaxConcurrentTransforms'),
    BatchStrategy: typeof strategy === 'string' ? strategy : undefined,
    MaxPayloadInMB: wholeNumber('MaxPayloadInMB'),
  };
}
