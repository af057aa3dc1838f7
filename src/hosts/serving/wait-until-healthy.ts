import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVING_PORT } from '../../contract/serving-environment.ts';
import { askServer } from './http.ts';

/** How long a model server may take to answer /ping, as SageMaker grants it, milliseconds. */
export const HEALTHY_WITHIN_MS = 240_000;
/** How long one /ping may take, milliseconds. */
const PING_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 15;
/** How often it is looked where the server listens, milliseconds. */
const LOOK_INTERVAL_MS = 2_000;
/** A server that listens at SageMaker's own port and not where it was told gets this long to think better of it, milliseconds. */
const ELSEWHERE_MS = 20_000;

/** Which server to wait for. */
export interface HealthOptions {
  readonly agent: Agent;
  readonly port: number;
  readonly withinMs: number;
  /** The ports at which the server listens, as far as that can be told. @default unknown */
  readonly listening?: (() => readonly number[]) | undefined;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Asks a model server for /ping until it answers 200. Resolves with undefined then, else with what came last. */
export async function waitUntilHealthy(options: HealthOptions): Promise<string | undefined> {
  const until = performance.now() + options.withinMs;
  let last = 'nothing';
  const elsewhere = watchElsewhere(options);
  while (performance.now() < until && !options.signal.aborted) {
    try {
      const { agent, port, signal } = options;
      const ping = { agent, port, signal, method: 'GET', path: '/ping', timeoutMs: PING_TIMEOUT_MS } as const;
      const { status } = await askServer(ping);
      if (status === 200) return undefined;
      last = `it answered ${status}`;
    } catch (error) {
      last = (error as Error).message;
      const place = elsewhere();
      if (place.text !== undefined) last = place.text;
      if (place.giveUp) return last;
    }
    await sleep(PING_INTERVAL_MS);
  }
  return last;
}

/** Tells now and then whether the server listens somewhere else, and whether there is no use in waiting. */
function watchElsewhere({ port, listening }: HealthOptions) {
  let looked = performance.now();
  let since: number | undefined;
  let text: string | undefined;
  return (): { readonly text: string | undefined; readonly giveUp: boolean } => {
    const now = performance.now();
    if (listening && now - looked >= LOOK_INTERVAL_MS) {
      looked = now;
      const ports = listening();
      const wrong = ports.length > 0 && !ports.includes(port);
      text = wrong
        ? `it listens at port ${ports.join(', ')}, not at ${port}: SAGEMAKER_BIND_TO_PORT says where, because all servers share this machine's ports`
        : undefined;
      since = wrong && ports.includes(SERVING_PORT) ? (since ?? now) : undefined;
    }
    return { text, giveUp: since !== undefined && now - since >= ELSEWHERE_MS };
  };
}
