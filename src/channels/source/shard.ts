/** This host's place among the hosts of a job. */
export interface HostPlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/**
 * ShardedByS3Key: the sorted keys dealt out in turn, the first to the first host. Which object goes where is documented
 * nowhere; SageMaker promises about 1/n for each host.
 */
export function isInShard(position: number, { index, count }: HostPlace): boolean {
  return position % count === index;
}
