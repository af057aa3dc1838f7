import { validRequests } from '../wire/valid-requests.ts';
import { type FuzzAnswer, type FuzzRequest, sendRequest } from './http-request.ts';
import { mutateRequest } from './mutate-request.ts';
import { Random } from './random.ts';
import { type ServiceRequest, serviceRequests } from './service-requests.ts';

/** A request that was not answered as it should be. */
export interface Finding {
  /** The operation that the request was made from. */
  readonly from: string;
  readonly request: FuzzRequest;
  readonly status: FuzzAnswer;
  readonly text: string;
}

/** Where to send requests, how many, and how many at once. */
export interface FuzzOptions {
  readonly url: URL;
  readonly seed: number;
  readonly count: number;
  readonly atOnce: number;
  /** Whether jobs may start. @default false */
  readonly effects?: boolean;
}

/** Makes what the requests name, so that some of them get further than to an error. */
export async function prepareFuzz(url: URL): Promise<void> {
  const post = (operation: string, body: object) =>
    fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': `SageMaker.${operation}` },
      body: JSON.stringify(body),
    });
  for (const operation of ['CreateModel', 'CreateTrainingJob', 'CreateProcessingJob']) {
    await post(operation, { ...validRequests[operation] });
  }
  await post('CreateModel', { ...validRequests['CreateModel'], ModelName: 'absent' });
  await post('CreateEndpointConfig', { ...validRequests['CreateEndpointConfig'] });
  await fetch(new URL('/fuzzed', url), { method: 'PUT' });
  await fetch(new URL('/fuzzed/a/b', url), { method: 'PUT', body: 'text of an object' });
}

/** Sends mutated requests; answers with those of which the server made a defect. */
export async function runFuzz({
  url,
  seed,
  count,
  atOnce,
  effects = false,
}: FuzzOptions): Promise<Finding[]> {
  const random = new Random(seed);
  const findings: Finding[] = [];
  const requests = serviceRequests(effects);
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      const from = requests[sent++ % requests.length] as ServiceRequest;
      const request = mutateRequest(random, from, random.pick(requests));
      const { status, text } = await sendRequest(url, request);
      if (isDefect(status)) findings.push({ from: from.name, request, status, text: text.slice(0, 1000) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return findings;
}

/** 501 says of a request that S3 has not what it asks for. */
function isDefect(status: FuzzAnswer): boolean {
  return status === 'hangs' || (typeof status === 'number' && status >= 500 && status !== 501);
}
