import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { askServer } from '../serving/http.ts';
import type { ModelServer } from '../serving/model-server.ts';

/** How a job's data is sent, after request, container and defaults were asked, in this order. */
export interface TransformSettings {
  readonly maxConcurrentTransforms: number;
  readonly strategy: 'SingleRecord' | 'MultiRecord';
  /** 0: the whole object, in chunks. */
  readonly maxPayloadBytes: number;
}

const DEFAULT_MAX_PAYLOAD_IN_MB = 6;
const ASK_TIMEOUT_MS = 10_000;

interface ExecutionParameters {
  readonly MaxConcurrentTransforms?: number;
  readonly BatchStrategy?: string;
  readonly MaxPayloadInMB?: number;
}

/** Decides how data is sent; asks the (first) container's /execution-parameters for what the request leaves open. */
export async function transformSettings(
  request: CreateTransformJobRequest,
  server: ModelServer,
): Promise<TransformSettings> {
  const container = await executionParameters(request, server);
  const strategy = request.BatchStrategy ?? container.BatchStrategy;
  const payload = request.MaxPayloadInMB ?? container.MaxPayloadInMB ?? DEFAULT_MAX_PAYLOAD_IN_MB;
  return {
    // 0 in the request asks for the container's own choice.
    maxConcurrentTransforms: Math.max(
      1,
      request.MaxConcurrentTransforms || container.MaxConcurrentTransforms || 1,
    ),
    strategy: strategy === 'SingleRecord' || strategy === 'SINGLE_RECORD' ? 'SingleRecord' : 'MultiRecord',
    maxPayloadBytes: Math.max(0, payload) * 1024 * 1024,
  };
}

async function executionParameters(
  request: CreateTransformJobRequest,
  server: ModelServer,
): Promise<ExecutionParameters> {
  if (request.MaxConcurrentTransforms && request.BatchStrategy && request.MaxPayloadInMB !== undefined)
    return {};
  try {
    const path = '/execution-parameters';
    const { agent, ports } = server;
    const port = ports[0] as number;
    const ask = { agent, port, method: 'GET', path, timeoutMs: ASK_TIMEOUT_MS } as const;
    const { status, body } = await askServer(ask);
    const parameters: unknown = status === 200 ? JSON.parse(body.toString('utf8')) : {};
    return (parameters as ExecutionParameters | null) ?? {};
  } catch {
    return {};
  }
}
