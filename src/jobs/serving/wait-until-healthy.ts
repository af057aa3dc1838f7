import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { askServer } from './http.ts';

/** How long a model server may take to answer /ping, as SageMaker grants it, milliseconds. */
export const HEALTHY_WITHIN_MS = 240_000;
/** How long one /ping may take, milliseconds. */
const PING_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 15;

/** Which server to wait for. */
export interface HealthOptions {
  readonly agent: Agent;
  readonly port: number;
  readonly withinMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Asks a model server for /ping until it answers 200. Resolves with undefined then, else with what came last. */
export async function waitUntilHealthy(options: HealthOptions): Promise<string | undefined> {
  const until = performance.now() + options.withinMs;
  let last = 'nothing';
  while (performance.now() < until && !options.signal.aborted) {
    try {
      const { agent, port, signal } = options;
      const ping = { agent, port, signal, method: 'GET', path: '/ping', timeoutMs: PING_TIMEOUT_MS } as const;
      const { status } = await askServer(ping);
      if (status === 200) return undefined;
      last = `it answered ${status}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(PING_INTERVAL_MS);
  }
  return last;
}
