import type { DescribeEndpointOutput } from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import type { Endpoints } from './endpoints.ts';

/** How an endpoint is waited for. */
export interface AwaitOptions {
  /** The configuration that it is to have. @default whichever */
  readonly configName?: string | undefined;
  /** Milliseconds. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How many of the last lines of the log a failure shows. */
const LINES = 20;
const PASSING: ReadonlySet<string> = new Set([
  'Creating',
  'Updating',
  'SystemUpdating',
  'RollingBack',
  'Deleting',
]);

/** Whether nothing of an endpoint is under way. */
export function isSettled({ EndpointStatus: status }: DescribeEndpointOutput): boolean {
  return status === undefined || !PASSING.has(status);
}

/**
 * Waits until an endpoint is in service, with the configuration that it is to have.
 *
 * @throws SluiceError `EndpointFailed`, whose details have the last lines of its log; `EndpointBusy` when it takes too
 *   long, `EndpointNotFound`
 */
export async function awaitEndpoint(
  endpoints: Endpoints,
  name: string,
  { configName, ...times }: AwaitOptions,
): Promise<DescribeEndpointOutput> {
  let last: DescribeEndpointOutput | undefined;
  const settled = await pollUntil(
    async () => {
      last = await endpoints.find(name);
      return last === undefined || isSettled(last);
    },
    { everyMs: endpoints.askEveryMs, ...times },
  );
  if (!last) throw new SluiceError('EndpointNotFound', `The endpoint '${name}' was deleted meanwhile.`);
  if (!settled) {
    const seconds = Math.round(times.limitMs / 1000);
    throw new SluiceError(
      'EndpointBusy',
      `The endpoint '${name}' is ${last.EndpointStatus} after ${seconds} s.`,
      {
        hint: `It goes on: sluice endpoints show ${name}`,
      },
    );
  }
  const isAsked = configName === undefined || last.EndpointConfigName === configName;
  if (last.EndpointStatus === 'InService' && isAsked) return last;
  throw await endpointFailed(endpoints, last);
}

/** Why an endpoint is not what it is to be, with what its containers have printed last. */
async function endpointFailed(endpoints: Endpoints, endpoint: DescribeEndpointOutput): Promise<SluiceError> {
  const { EndpointName: name = '', EndpointStatus: status, FailureReason: reason } = endpoint;
  const logTail = await endpoints.logTail(name, LINES);
  const what = status === 'InService' ? 'goes on with what it had' : `is ${status}`;
  const told = [
    `The endpoint '${name}' ${what}: ${reason ?? 'another configuration was put in place of this one.'}`,
    ...(logTail.length > 0 ? ['The last lines of its log:', ...logTail.map((line) => `  ${line}`)] : []),
  ];
  return new SluiceError('EndpointFailed', told.join('\n'), {
    hint: 'Mend the model or its script, and put the endpoint again.',
    details: { endpoint: name, status, failureReason: reason, logTail },
  });
}
