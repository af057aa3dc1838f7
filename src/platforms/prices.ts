/** A table of what instances cost per hour, with where and when the figures were taken. */
export interface PriceTable {
  readonly source: string;
  /** The day the figures were taken over, ISO 8601. */
  readonly recorded: string;
  readonly currency: 'USD';
  readonly region: string;
  /** What one hour of one instance costs, in the table's currency, by instance type. */
  readonly perHour: Readonly<Record<string, number>>;
  /** The share of the price that managed spot training saves, 0 to 1. */
  readonly spotSaving: number;
}

/**
 * What SageMaker's instances cost on demand. A table to estimate with, not a bill: prices differ by region and change.
 *
 * @see https://aws.amazon.com/sagemaker/pricing/
 */
export const sagemakerPrices: PriceTable = {
  source: 'Flyte SageMaker Integration Guide, "Platform Cost Analysis"',
  recorded: '2026-11-20',
  currency: 'USD',
  region: 'us-east-1',
  perHour: {
    'ml.m5.large': 0.115,
    'ml.m5.xlarge': 0.23,
    'ml.m5.2xlarge': 0.46,
  },
  spotSaving: 0.7,
};
