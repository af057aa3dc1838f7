import { findInstanceType } from '../../contract/instance-types.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import { isAwsEndpoint } from '../aws/is-aws-endpoint.ts';
import { type Market, PRICE_REGION, type Price, type PriceBook, SPOT_SAVING } from '../prices/index.ts';
import { CAPABILITIES } from './capabilities.ts';
import type { TaskFacts } from './facts.ts';
import { type Machines, machinesOn } from './instances.ts';
import type { PlatformName } from './platform-names.ts';

/** How fast data comes to a job, bytes each second. Assumptions. */
const BYTES_PER_SECOND = {
  /** From S3 to a machine at AWS. */
  within: 100e6,
  /** Between this machine, AWS and CoreWeave, over the internet. */
  across: 25e6,
};

/** What AWS takes for a GB that leaves it over the internet. @see https://aws.amazon.com/ec2/pricing/on-demand/ */
const EGRESS_USD_PER_GB = 0.09;

const GB = 1e9;

/** What a task is expected to take and to cost on a platform. */
export interface Estimate {
  readonly machines: Machines;
  readonly spot: boolean;
  /** From the request to the end: start-up, data and the job itself. */
  readonly seconds: number;
  /** The same, where the job takes as long as the slowest of ten. */
  readonly slowSeconds: number;
  /** All that is billed, US dollars; undefined: unknown. */
  readonly usd: number | undefined;
  /** The day of the price, ISO 8601. */
  readonly priced: string | undefined;
  /** The region of the price, where that is not the platform's: its own is not known. */
  readonly pricedIn?: string;
}

/** What estimates are made with. */
export interface EstimateOptions {
  readonly settings: PlatformsSettings;
  readonly prices: PriceBook;
  /** Whether machines that can be taken away are meant. */
  readonly spot: boolean;
}

/** What a task is expected to take and to cost on a platform, or why it cannot run there. Pure. */
export function estimateOn(
  platform: PlatformName,
  facts: TaskFacts,
  { settings, prices, spot }: EstimateOptions,
): Estimate | string {
  const machines = machinesOn(platform, facts, settings);
  if (typeof machines === 'string') return machines;
  const { startUpSeconds } = CAPABILITIES[platform];
  const running = runningSeconds(platform, facts, machines.count);
  const moving = transferSeconds(platform, facts);
  const price = hourlyPrice({ platform, facts, settings, prices, spot, machines });
  if (typeof price === 'string') return price;
  const billed = billedSeconds(platform, startUpSeconds, moving + running) * machines.count;
  return {
    machines,
    spot,
    seconds: startUpSeconds + moving + running,
    slowSeconds: startUpSeconds + moving + Math.max(running, facts.slowSeconds ?? 0),
    usd: price && round((price.usdPerHour * billed) / 3600 + egressUsd(platform, facts)),
    priced: price?.recorded,
    ...otherRegion(platform, settings, price),
  };
}

function otherRegion(
  platform: PlatformName,
  settings: PlatformsSettings,
  price: Hourly | undefined,
): Pick<Estimate, 'pricedIn'> {
  const own = isAws(platform) ? settings[platform] : {};
  const { region = PRICE_REGION } = own ?? {};
  return price?.region === undefined || price.region === region ? {} : { pricedIn: price.region };
}

/** n machines do n times as much, where their number was left open for that. */
function runningSeconds(platform: PlatformName, facts: TaskFacts, count: number): number {
  const seconds = facts.secondsOn?.[platform] ?? facts.durationSeconds;
  const isOfOne = facts.autoCount !== undefined && facts.durationFrom !== 'history';
  return isOfOne ? Math.ceil(seconds / count) : seconds;
}

/** Sharded or not, each machine is counted to read all of it. */
function transferSeconds(platform: PlatformName, { dataSizeBytes = 0, dataPlace }: TaskFacts): number {
  if (dataPlace === undefined || (dataPlace === 'local' && platform === 'local')) return 0;
  const isWithin = dataPlace === 's3' && isAtAws(platform);
  return Math.round(dataSizeBytes / (isWithin ? BYTES_PER_SECOND.within : BYTES_PER_SECOND.across));
}

function egressUsd(platform: PlatformName, { dataSizeBytes = 0, dataPlace }: TaskFacts): number {
  if (dataPlace !== 's3' || isAtAws(platform)) return 0;
  return (dataSizeBytes / GB) * EGRESS_USD_PER_GB;
}

/** A cluster is taken to be at AWS, as the guide's is. */
function isAtAws(platform: PlatformName): boolean {
  return platform !== 'local' && platform !== 'coreweave';
}

function billedSeconds(platform: PlatformName, startUp: number, working: number): number {
  const { billsStartUp, billingUnitSeconds: unit, leastBilledSeconds } = CAPABILITIES[platform];
  const seconds = working + (billsStartUp ? startUp : 0);
  return Math.max(Math.ceil(seconds / unit) * unit, leastBilledSeconds);
}

/** Whose price is looked for. */
export interface PriceOptions extends EstimateOptions {
  readonly platform: PlatformName;
  readonly facts: TaskFacts;
  readonly machines: Machines;
}

/** What an hour costs, and of which day and region that is. */
export interface Hourly {
  readonly usdPerHour: number;
  readonly recorded: string | undefined;
  readonly region?: string | undefined;
}

/** This machine is paid for already. */
const NOTHING: Hourly = { usdPerHour: 0, recorded: undefined };

/** What an hour of one machine costs; undefined: unknown; a text: there is none there. */
export function hourlyPrice(options: PriceOptions): Hourly | string | undefined {
  const { platform, machines, prices, settings, spot } = options;
  const { instanceType } = machines;
  if (isAws(platform) && !isAwsEndpoint(settings[platform]?.endpoint)) return NOTHING;
  switch (platform) {
    case 'local':
      return NOTHING;
    case 'sagemaker': {
      const region = settings.sagemaker?.region;
      const price = prices.find({ market: 'sagemaker', instanceType, region });
      return missing('sagemaker', region, instanceType, prices, price) ?? withSpotSaving(price, spot);
    }
    case 'batch': {
      const region = settings.batch?.region;
      const price = prices.find({ market: 'ec2', instanceType, region });
      // What may be taken away costs at most as much as what may not.
      const cheaper = spot ? prices.find({ market: 'batch', instanceType, spot, region }) : undefined;
      return missing('ec2', region, instanceType, prices, price) ?? cheaper ?? price;
    }
    case 'kubernetes':
    case 'coreweave':
      return ofCluster(platform, options);
    case 'emr':
      return ofServerless(options);
  }
}

/** Platforms that AWS bills, where it is AWS that answers. */
function isAws(platform: PlatformName): platform is 'sagemaker' | 'batch' | 'emr' {
  return platform === 'sagemaker' || platform === 'batch' || platform === 'emr';
}

function missing(
  market: Market,
  region: string | undefined,
  instanceType: string,
  prices: PriceBook,
  price: Price | undefined,
): string | undefined {
  if (region === undefined || !prices.isComplete(market, region) || price?.region === region)
    return undefined;
  return `${instanceType} is not among the instance types of ${region}; choose another one, or another region`;
}

function withSpotSaving(price: Price | undefined, spot: boolean): Hourly | undefined {
  if (!price || !spot) return price;
  const { usdPerHour, recorded, region } = price;
  return { usdPerHour: usdPerHour * (1 - SPOT_SAVING), recorded, region };
}

/** By the configuration: the machine's own price, else that of its class. */
function ofCluster(
  platform: 'kubernetes' | 'coreweave',
  { facts, machines, settings, prices, spot }: PriceOptions,
): Hourly | undefined {
  const configured = settings[platform]?.pricePerHour ?? {};
  const names = [machines.instanceType, facts.instanceType, facts.gpuCount > 0 ? 'gpu' : 'cpu'];
  const own = names.find((name) => Object.hasOwn(configured, name));
  if (own !== undefined) return { usdPerHour: configured[own] as number, recorded: undefined };
  const { instanceType } = machines;
  return (
    prices.find({ market: platform, instanceType, spot }) ?? prices.find({ market: platform, instanceType })
  );
}

function ofServerless({ facts, settings, prices }: PriceOptions): Hourly | undefined {
  if (settings.emr?.clusterId !== undefined) return undefined;
  const region = settings.emr?.region;
  const cpu = prices.find({ market: 'emr', instanceType: 'vCPU', region });
  const memory = prices.find({ market: 'emr', instanceType: 'GB', region });
  const size = findInstanceType(facts.instanceType) ?? { vcpus: 4, memoryGiB: 16 };
  if (!cpu || !memory) return undefined;
  const usdPerHour = size.vcpus * cpu.usdPerHour + size.memoryGiB * memory.usdPerHour;
  const recorded = cpu.recorded < memory.recorded ? cpu.recorded : memory.recorded;
  return { usdPerHour, recorded, region: cpu.region };
}

/** To a millionth: short jobs cost little, and not nothing. */
function round(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
