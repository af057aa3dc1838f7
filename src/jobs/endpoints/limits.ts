import { HEALTHY_WITHIN_MS } from '../../hosts/index.ts';

/** What endpoints are given time and room for. Times are milliseconds. */
export interface EndpointLimits {
  /** From a server's start to its first good /ping. A variant may ask for its own. @default 240000, as SageMaker */
  readonly healthyWithinMs: number;
  /** For a model's answer to one invocation. @default 60000, as SageMaker */
  readonly invocationMs: number;
  /** For a model of a multi-model container to be fetched and loaded. @default 360000, as SageMaker */
  readonly modelLoadMs: number;
  /** Between SIGTERM and SIGKILL. @default 30000, as SageMaker */
  readonly stopGraceMs: number;
  /**
   * The largest answer of a container that is passed on to the next one, bytes. SageMaker's own limit is not documented.
   *
   * @default 67108864
   */
  readonly passedOnBytes: number;
  /**
   * What the models of an instance may have on disk, where its variant has no VolumeSizeInGB: bytes.
   *
   * @default 32212254720, the disk of most instance types
   */
  readonly volumeBytes: number;
}

/** SageMaker's own. */
export const ENDPOINT_LIMITS: EndpointLimits = {
  healthyWithinMs: HEALTHY_WITHIN_MS,
  invocationMs: 60_000,
  modelLoadMs: 360_000,
  stopGraceMs: 30_000,
  passedOnBytes: 64 * 1024 ** 2,
  volumeBytes: 30 * 1024 ** 3,
};
