import { HEALTHY_WITHIN_MS } from '../serving/wait-until-healthy.ts';

/** What endpoints are given time for. All milliseconds. */
export interface EndpointLimits {
  /** From a server's start to its first good /ping. A variant may ask for its own. @default 240000, as SageMaker */
  readonly healthyWithinMs: number;
  /** For a model's answer to one invocation. @default 60000, as SageMaker */
  readonly invocationMs: number;
  /** Between SIGTERM and SIGKILL. @default 30000, as SageMaker */
  readonly stopGraceMs: number;
}

/** SageMaker's own. */
export const ENDPOINT_LIMITS: EndpointLimits = {
  healthyWithinMs: HEALTHY_WITHIN_MS,
  invocationMs: 60_000,
  stopGraceMs: 30_000,
};
