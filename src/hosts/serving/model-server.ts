import type { Agent } from 'node:http';
import type { Host } from '../host.ts';

/** What serves the model on one instance of a job, healthy. */
export interface ModelServer {
  /** The host of its first container. */
  readonly host: Host;
  /** Of its containers' servers, in the order in which a request goes through them. */
  readonly ports: readonly number[];
  readonly agent: Agent;
}
