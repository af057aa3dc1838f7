import type { IncomingMessage } from 'node:http';
import { AwsError } from '../wire/aws-error.ts';
import { invocationPath } from '../wire/invocation-path.ts';
import { runtimeModel } from '../wire/model/runtime.gen.ts';
import { validateInput } from '../wire/validate-input.ts';
import { notServed } from './runtime-error.ts';

/** A request of InvokeEndpoint, without its body. */
export interface Invocation {
  readonly endpoint: string;
  readonly targetVariant: string | undefined;
  /** Which model of a multi-model container. */
  readonly targetModel: string | undefined;
  /** Which container, where each request names its own. */
  readonly targetContainer: string | undefined;
  /** Whether it is InvokeEndpointWithResponseStream. */
  readonly streamed: boolean;
  /** What the model server gets to see: names and values by turns. */
  readonly headers: string[];
}

type Headers = IncomingMessage['headers'];

/** SageMaker strips all headers but these. */
const FORWARDED = [
  'content-type',
  'x-amzn-sagemaker-custom-attributes',
  'x-amzn-sagemaker-inference-id',
  'x-amzn-sagemaker-session-id',
] as const;

/** Headers that are checked but differ from request to request, so that what was parsed is of no use again. */
const VARYING = [
  'x-amzn-sagemaker-custom-attributes',
  'x-amzn-sagemaker-inference-id',
  'x-amzn-sagemaker-session-id',
  'x-amzn-sagemaker-target-model',
  'x-amzn-sagemaker-inference-component',
  'x-amzn-sagemaker-accept',
] as const;
const MAX_KNOWN = 1_000;

/** Invocations that were parsed and found good: a client sends the same headers again and again. */
const known = new Map<string, Invocation>();

/** Reads a request. @throws AwsError `ValidationError` */
export function parseInvocation(request: Pick<IncomingMessage, 'url' | 'headers'>): Invocation {
  const { url = '', headers } = request;
  for (const name of VARYING) if (headers[name] !== undefined) return parse(request);
  const { 'content-type': type = '', accept = '' } = headers;
  const variant = text(headers, 'x-amzn-sagemaker-target-variant') ?? '';
  const container = text(headers, 'x-amzn-sagemaker-target-container-hostname') ?? '';
  const key = `${url}\n${type}\n${accept}\n${variant}\n${container}`;
  const before = known.get(key);
  if (before) return before;
  const invocation = parse(request);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, invocation);
  return invocation;
}

function parse({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): Invocation {
  const path = invocationPath(url);
  const streamed = path?.action === 'invocations-response-stream';
  const endpoint = decode(path?.endpoint ?? '');
  if (path?.action === 'async-invocations') throw notServed('asynchronous inference');
  const accept = text(headers, streamed ? 'x-amzn-sagemaker-accept' : 'accept');
  checkMembers(endpoint, accept, headers, streamed);
  if (headers['x-amzn-sagemaker-inference-component'] !== undefined) throw notServed('inference components');
  const forwarded: string[] = [];
  for (const name of FORWARDED) {
    const value = text(headers, name);
    if (value !== undefined) forwarded.push(name, value);
  }
  if (accept !== undefined) forwarded.push('accept', accept);
  return {
    endpoint,
    targetVariant: text(headers, 'x-amzn-sagemaker-target-variant'),
    // InvokeEndpointWithResponseStream has no such member.
    targetModel: streamed ? undefined : text(headers, 'x-amzn-sagemaker-target-model'),
    targetContainer: text(headers, 'x-amzn-sagemaker-target-container-hostname'),
    streamed,
    headers: forwarded,
  };
}

function checkMembers(
  endpoint: string,
  accept: string | undefined,
  headers: Headers,
  streamed: boolean,
): void {
  const input = {
    EndpointName: endpoint,
    // It is read, and measured, after its headers.
    Body: '',
    ContentType: text(headers, 'content-type'),
    Accept: accept,
    CustomAttributes: text(headers, 'x-amzn-sagemaker-custom-attributes'),
    TargetModel: streamed ? undefined : text(headers, 'x-amzn-sagemaker-target-model'),
    TargetVariant: text(headers, 'x-amzn-sagemaker-target-variant'),
    TargetContainerHostname: text(headers, 'x-amzn-sagemaker-target-container-hostname'),
    InferenceId: text(headers, 'x-amzn-sagemaker-inference-id'),
    SessionId: text(headers, 'x-amzn-sagemaker-session-id'),
  };
  const operation = streamed ? 'InvokeEndpointWithResponseStream' : 'InvokeEndpoint';
  try {
    validateInput(runtimeModel, runtimeModel.operations[operation].input, input);
  } catch (error) {
    if (error instanceof AwsError) throw new AwsError('ValidationError', error.message);
    throw error;
  }
}

function text(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
