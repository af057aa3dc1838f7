import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import type { ContainerEnd, EndSource } from './end-source.ts';

/** Where Kubernetes mounts what a container needs to speak to it. */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet tells of an end a little later, milliseconds. */
const POLL = { everyMs: 200, limitMs: 120_000 };
const REQUEST_MS = 30_000;
/** What a kubelet gives as the reason of a pod that it has ended. */
const KUBELET_ENDS: ReadonlySet<string> = new Set([
  'Evicted',
  'DeadlineExceeded',
  'Preempting',
  'Terminated',
  'NodeShutdown',
]);

/** Which pod, and how to ask for it. */
export interface KubernetesEndOptions {
  /** `https://…` of the API server. */
  readonly url: string;
  readonly pod: string;
  /** The name of the user's container. */
  readonly container: string;
  /** With the files `token`, `ca.crt` and `namespace`. @default SERVICE_ACCOUNT_DIRECTORY */
  readonly directory?: string | undefined;
}

/** What is read of a pod. */
interface Pod {
  readonly metadata?: { readonly deletionTimestamp?: string; readonly deletionGracePeriodSeconds?: number };
  readonly status?: {
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: {
        readonly terminated?: {
          readonly exitCode: number;
          readonly reason?: string;
          readonly finishedAt?: string;
        };
      };
    }[];
  };
}

/** The pod's own status in Kubernetes. Needs the right to get pods, and for the log pods/log. */
export function kubernetesEnd(options: KubernetesEndOptions): EndSource {
  return {
    async end() {
      let end: ContainerEnd | undefined;
      let problem: unknown;
      await pollUntil(async () => {
        try {
          end = endOf(JSON.parse(await text(await ask(options, ''))) as Pod, options.container);
        } catch (error) {
          if (error instanceof SluiceError && error.fault === 'user') throw error;
          problem = error;
        }
        return end !== undefined;
      }, POLL);
      if (end) return end;
      throw new SluiceError(
        'PlatformUnavailable',
        `Kubernetes did not tell how '${options.container}' ended.`,
        {
          cause: problem,
        },
      );
    },
    log: () => logOf(options),
    isTimed: true,
  };
}

/** How a container of a pod has ended, as far as it has. Pure. */
export function endOf(pod: Pod, container: string): ContainerEnd | undefined {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === container);
  const ended = status?.state?.terminated;
  // While the kubelet ends a pod it tells of none of its containers: all that is known is that it was asked to.
  if (!ended) return isBeingEnded(pod) ? { stopped: true } : undefined;
  return {
    exitCode: ended.exitCode,
    stopped: wasAskedBefore(pod, ended.finishedAt),
    ...(ended.reason !== undefined &&
      !['Completed', 'Error'].includes(ended.reason) && { reason: ended.reason }),
  };
}

function isBeingEnded(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined || isEndedByKubelet(pod);
}

/** Evicted, preempted, its node shut down: the kubelet does that by itself. */
function isEndedByKubelet({ metadata, status }: Pod): boolean {
  const { reason, conditions = [] } = status ?? {};
  const isDisrupted = conditions.some(
    ({ type, status: holds }) => type === 'DisruptionTarget' && holds === 'True',
  );
  const isNotDeleted = metadata?.deletionTimestamp === undefined;
  return (isDisrupted && isNotDeleted) || (reason !== undefined && KUBELET_ENDS.has(reason));
}

/** The deletion's timestamp says when its grace is over. Seconds are all there is. */
function wasAskedBefore(pod: Pod, finishedAt: string | undefined): boolean {
  if (isEndedByKubelet(pod)) return true;
  const { metadata } = pod;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata ?? {};
  if (deletionTimestamp === undefined) return false;
  const asked = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return finishedAt === undefined || asked <= Date.parse(finishedAt);
}

async function* logOf(options: KubernetesEndOptions): AsyncGenerator<Uint8Array> {
  yield* await ask(options, `/log?container=${encodeURIComponent(options.container)}&timestamps=true`);
}

function ask(options: KubernetesEndOptions, below: string): Promise<IncomingMessage> {
  const { url, pod, directory = SERVICE_ACCOUNT_DIRECTORY } = options;
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8').trim();
  const path = `/api/v1/namespaces/${read('namespace')}/pods/${encodeURIComponent(pod)}${below}`;
  const ca = existsSync(join(directory, 'ca.crt')) ? read('ca.crt') : undefined;
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), {
      ca,
      headers: { authorization: `Bearer ${read('token')}` },
      timeout: REQUEST_MS,
    });
    asked.once('timeout', () => asked.destroy(new Error('Kubernetes does not answer.')));
    asked.once('error', reject);
    asked.once('response', (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      const what = below === '' ? 'get pods' : 'get pods/log';
      reject(
        new SluiceError(
          response.statusCode === 403 ? 'AccessDenied' : 'PlatformUnavailable',
          `Kubernetes answers ${response.statusCode} to '${what}' of ${pod}.`,
          { hint: `The service account of the job needs the right to ${what}.` },
        ),
      );
    });
    asked.end();
  });
}

async function text(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let whole = '';
  for await (const piece of response) whole += piece;
  return whole;
}
