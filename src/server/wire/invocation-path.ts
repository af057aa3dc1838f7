import type { IncomingMessage } from 'node:http';

const PATH = /^\/endpoints\/([^/?]+)\/(invocations|invocations-response-stream|async-invocations)(?:\?|$)/;

/** What a path of SageMaker Runtime names. */
export interface InvocationPath {
  /** The endpoint's name, still percent-encoded. */
  readonly endpoint: string;
  readonly action: 'invocations' | 'invocations-response-stream' | 'async-invocations';
}

/** The parts of the URL of an invocation; undefined for any other URL. */
export function invocationPath(url: string): InvocationPath | undefined {
  const match = PATH.exec(url);
  return match ? { endpoint: match[1] as string, action: match[2] as InvocationPath['action'] } : undefined;
}

/** Whether a request without a target header is SageMaker Runtime's, unless it is signed for S3. */
export function isInvocation({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): boolean {
  return method === 'POST' && url.startsWith('/endpoints/') && PATH.test(url);
}
