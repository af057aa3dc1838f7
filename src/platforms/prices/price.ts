/** Who bills: AWS's services, CoreWeave, or whoever owns a cluster. */
export type Market = 'sagemaker' | 'ec2' | 'batch' | 'kubernetes' | 'coreweave' | 'emr';

/** What one hour of one machine costs, with where and when that was taken. Plain JSON. */
export interface Price {
  readonly market: Market;
  /** In the market's own words: `ml.m5.xlarge`, `c5.large`, `8×H100`; of EMR Serverless `vCPU`, `GB`. */
  readonly instanceType: string;
  readonly usdPerHour: number;
  /** Of machines that can be taken away. @default false */
  readonly spot?: boolean;
  /** @default 'us-east-1' */
  readonly region?: string;
  readonly source: string;
  /** The day the figure was taken, ISO 8601. */
  readonly recorded: string;
}

/** The region of prices that name none. */
export const PRICE_REGION = 'us-east-1';
