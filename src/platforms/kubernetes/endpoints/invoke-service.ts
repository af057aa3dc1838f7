import type { InvokeEndpointCommandInput } from '@aws-sdk/client-sagemaker-runtime';
import { SluiceError } from '../../../core/errors.ts';
import type { EndpointAnswer } from '../../endpoints/index.ts';
import { kubeError } from '../client/kube-error.ts';
import type { Cluster } from '../cluster.ts';
import { HTTP_PORT } from './endpoint-manifest.ts';

/** Characters of an answer that a message shows, as SageMaker has it. */
const SHOWN = 1024;
const ATTRIBUTES = 'x-amzn-sagemaker-custom-attributes';

/**
 * Sends an invocation through the API server to the Service of an endpoint.
 *
 * @param service - The name of its objects
 * @throws SluiceError `ModelFailed` with what the model has answered in place of a prediction; `AccessDenied`,
 *   `PlatformUnavailable` where it was not reached
 */
export async function invokeService(
  cluster: Cluster,
  service: string,
  input: InvokeEndpointCommandInput,
): Promise<Omit<EndpointAnswer, 'variant'>> {
  const { EndpointName: endpoint = '', Body, ContentType, Accept, CustomAttributes } = input;
  const path = cluster.path('v1', 'services', `${service}:${HTTP_PORT}`, 'proxy', 'invocations');
  const headers = {
    ...(ContentType !== undefined && { 'content-type': ContentType }),
    accept: Accept ?? '*/*',
    ...(CustomAttributes !== undefined && { [ATTRIBUTES]: CustomAttributes }),
  };
  const body = Buffer.from(Body as Uint8Array);
  const what = `invoke '${endpoint}'`;
  const { status, headers: told, body: answer } = await cluster.client.proxied(path, { body, headers, what });
  const contentType = told['content-type'];
  if (status >= 200 && status < 300) return { body: answer, contentType };
  const text = answer.toString('utf8');
  if (isOfServer(text)) throw kubeError(what, { status, body: text });
  const kind = status >= 400 && status < 500 ? 'client' : 'server';
  throw new SluiceError(
    'ModelFailed',
    `The model of '${endpoint}': Received ${kind} error (${status}) from primary with message "${text.slice(0, SHOWN)}".`,
    {
      hint: `Its log says more: kubectl logs -l sluice/endpoint=${service} -c main.`,
      details: { endpoint, status, answer: text.slice(0, SHOWN) },
    },
  );
}

/** The API server's own refusal. */
function isOfServer(text: string): boolean {
  try {
    const { kind, apiVersion } = JSON.parse(text) as { kind?: unknown; apiVersion?: unknown };
    return kind === 'Status' && apiVersion === 'v1';
  } catch {
    return false;
  }
}
