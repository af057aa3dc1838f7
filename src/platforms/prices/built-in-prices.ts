import { type Market, PRICE_REGION, type Price } from './price.ts';

interface Source {
  readonly source: string;
  readonly recorded: string;
}

const GUIDE: Source = {
  source: 'Flyte SageMaker Integration Guide, "Platform Cost Analysis"',
  recorded: '2026-11-20',
};

const COREWEAVE: Source = { source: 'https://www.coreweave.com/pricing', recorded: '2026-09-20' };

/** Public prices of us-east-1 that AWS's benchmark tool for foundation models carries; MIT-0. */
const FMBENCH: Source = {
  source:
    'fmbench 2.1.1 (PyPI), configs/pricing_fallback.yml, from https://aws.amazon.com/ec2/pricing/on-demand/',
  recorded: '2025-02-03',
};

/** For a vCPU and a GB of memory; second hand: public cost comparisons quote them from AWS's page. */
const EMR_SERVERLESS: Source = {
  source: 'https://aws.amazon.com/emr/pricing/ (EMR Serverless, x86), as public comparisons quote it',
  recorded: '2026-11-28',
};

/** The share of the price that managed spot training saves, 0 to 1: "up to 70 %" in the guide. */
export const SPOT_SAVING = 0.7;

/**
 * What machines cost, where nothing newer was fetched. Figures to estimate with, not a bill: prices differ by region and
 * change. Where two sources have a figure for the same machine, the one that was taken later holds.
 */
export const BUILT_IN_PRICES: readonly Price[] = [
  ...table('sagemaker', GUIDE, { 'ml.m5.large': 0.115, 'ml.m5.xlarge': 0.23, 'ml.m5.2xlarge': 0.46 }),
  ...table('coreweave', GUIDE, { V100: 0.5 }),
  ...table('batch', GUIDE, { 'c5.xlarge': 0.034 }, true),
  ...table('kubernetes', GUIDE, { 'c5.large': 0.085 }),
  ...table('coreweave', COREWEAVE, {
    '8×H100': 49.24,
    '8×H200': 50.44,
    '8×B200': 68.8,
    '4×GB200': 42,
    '8×A100': 21.6,
    '8×L40S': 18,
  }),
  ...table(
    'coreweave',
    COREWEAVE,
    { '8×H100': 19.71, '8×H200': 20.93, '8×B200': 34.11, '8×A100': 9.65 },
    true,
  ),
  ...table('emr', EMR_SERVERLESS, { vCPU: 0.052624, GB: 0.0057785 }),
  ...table('sagemaker', FMBENCH, {
    'ml.c5.xlarge': 0.204,
    'ml.c5.2xlarge': 0.408,
    'ml.c5.4xlarge': 0.816,
    'ml.c7i.xlarge': 0.214,
    'ml.g5.xlarge': 1.4084,
    'ml.g5.2xlarge': 1.515,
    'ml.g5.4xlarge': 2.03,
    'ml.g5.8xlarge': 3.06,
    'ml.g5.12xlarge': 7.09,
    'ml.g5.24xlarge': 10.18,
    'ml.g5.48xlarge': 20.36,
    'ml.inf2.xlarge': 0.99,
    'ml.inf2.8xlarge': 2.36,
    'ml.inf2.24xlarge': 7.79,
    'ml.inf2.48xlarge': 15.58,
    'ml.trn1.32xlarge': 28.497,
    'ml.p3.2xlarge': 3.825,
    'ml.p4d.24xlarge': 37.688,
    'ml.p5.48xlarge': 113.068,
    'ml.g4dn.xlarge': 0.7364,
    'ml.g4dn.2xlarge': 0.94,
    'ml.g4dn.4xlarge': 1.505,
    'ml.g4dn.8xlarge': 2.72,
    'ml.g4dn.12xlarge': 4.89,
    'ml.g4dn.16xlarge': 5.44,
    'ml.g6.2xlarge': 1.222,
    'ml.g6.12xlarge': 5.752,
    'ml.g6.16xlarge': 4.246,
    'ml.g6.24xlarge': 8.344,
    'ml.g6.48xlarge': 16.688,
  }),
  ...table('ec2', FMBENCH, {
    'm5.xlarge': 0.192,
    'm5.16xlarge': 3.072,
    'c5.18xlarge': 3.06,
    'm7i.12xlarge': 2.419,
    'm7i.24xlarge': 4.8384,
    'm7a.4xlarge': 0.9274,
    'm7a.16xlarge': 3.709,
    'm7a.24xlarge': 5.564,
    'c8g.24xlarge': 3.828,
    'g4dn.12xlarge': 3.912,
    'g5.xlarge': 1.006,
    'g5.2xlarge': 1.212,
    'g5.4xlarge': 1.624,
    'g5.12xlarge': 5.672,
    'g5.24xlarge': 8.144,
    'g5.48xlarge': 16.288,
    'g6.2xlarge': 0.9776,
    'g6.4xlarge': 1.3512,
    'g6.12xlarge': 4.6016,
    'g6.16xlarge': 3.3968,
    'g6.24xlarge': 6.6752,
    'g6.48xlarge': 13.3504,
    'g6e.2xlarge': 2.242,
    'g6e.4xlarge': 3.1294,
    'g6e.12xlarge': 10.493,
    'g6e.16xlarge': 7.577,
    'g6e.24xlarge': 15.066,
    'g6e.48xlarge': 30.131,
    'inf2.xlarge': 0.7582,
    'inf2.8xlarge': 1.96786,
    'inf2.24xlarge': 6.49063,
    'inf2.48xlarge': 12.98127,
    'trn1.32xlarge': 21.5,
    'p3.2xlarge': 3.06,
    'p4d.24xlarge': 32.7726,
    'p4de.24xlarge': 40.965,
    'p5.48xlarge': 98.32,
    'p5e.48xlarge': 110.92,
  }),
];

function table(
  market: Market,
  { source, recorded }: Source,
  perHour: Readonly<Record<string, number>>,
  spot = false,
): Price[] {
  return Object.entries(perHour).map(([instanceType, usdPerHour]) => ({
    market,
    instanceType,
    usdPerHour,
    ...(spot && { spot }),
    ...(market !== 'coreweave' && { region: PRICE_REGION }),
    source,
    recorded,
  }));
}
