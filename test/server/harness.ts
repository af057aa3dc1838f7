import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { createAwsApi } from '../../src/server/aws-api.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';

/** The services beside S3 over a home of their own, on a port of their own. */
export interface ApiFixture extends AsyncDisposable {
  readonly jobs: JobsFixture;
  readonly client: SageMakerClient;
  readonly url: string;
  /** What the server logged. */
  readonly logged: readonly string[];
  /** Sends a raw request to SageMaker. */
  post(operation: string, body: string | object): Promise<RawAnswer>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** `__type`, and the message in whichever member it came. */
  readonly error: { readonly code: string; readonly message: string };
}

/** Credentials that any request here is accepted with. */
export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Opens the services. Dispose of them. @param findInput whether jobs are refused whose input has no objects */
export async function openApi(
  options: Parameters<typeof openJobs>[0] = {},
  { findInput = false }: { readonly findInput?: boolean } = {},
): Promise<ApiFixture> {
  const jobs = await openJobs(options);
  const logged: string[] = [];
  const api = createAwsApi({
    state: jobs.state,
    jobs: jobs.jobs,
    ...(findInput && { stores: { store: () => jobs.store } }),
    account: DEFAULT_ACCOUNT,
    clock: options.clock ?? (() => new Date()),
    log: (message) => logged.push(message),
  });
  const server = createServer((request, response) => void api.handle(request, response));
  // A connection that a client uses again must not be closed meanwhile, however slow the machine is.
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new SageMakerClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
  return {
    jobs,
    client,
    url,
    logged,
    post: (operation, body) => post(url, operation, body),
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      server.closeAllConnections();
      server.close();
      await jobs[Symbol.asyncDispose]();
    },
  };
}

async function post(url: string, operation: string, body: string | object): Promise<RawAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': `SageMaker.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
  const error = { code: json['__type'] ?? '', message: json['message'] ?? json['Message'] ?? '' };
  return { status: response.status, headers: response.headers, text, error };
}
