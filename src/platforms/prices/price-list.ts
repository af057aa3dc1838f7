import { z } from 'zod';
import type { Market, Price } from './price.ts';
import { FETCHED } from './price-book.ts';

const dimension = z.object({ pricePerUnit: z.object({ USD: z.string().optional() }).optional() });
const product = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()).optional() }).optional(),
  terms: z
    .object({
      OnDemand: z
        .record(z.string(), z.object({ priceDimensions: z.record(z.string(), dimension).optional() }))
        .optional(),
    })
    .optional(),
});

/** A product as the AWS Pricing API tells of it; all may be absent. */
export type Product = z.infer<typeof product>;

/** Reads a product, which the API gives as text; undefined: it is none. Pure. */
export function parseProduct(text: string): Product | undefined {
  try {
    return product.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Where and when prices were taken. */
export interface Taken {
  readonly region: string;
  readonly today: string;
}

/** SageMaker bills parts of itself apart: training's figure is taken, which processing and transforms share. */
const COMPONENTS = ['training', 'processing', 'batch transform'];

/** What machines cost, of a list of products. What has no price on demand is left out. Pure. */
export function instancePrices(
  market: Market,
  products: readonly Product[],
  { region, today }: Taken,
): Price[] {
  const best = new Map<string, { readonly rank: number; readonly usdPerHour: number }>();
  for (const product of products) {
    const { instanceName, instanceType = '', component } = product.product?.attributes ?? {};
    const name = market === 'sagemaker' ? (instanceName ?? instanceType.replace(/-.*$/, '')) : instanceType;
    const rank = market === 'sagemaker' ? rankOf(component ?? instanceType) : 0;
    const usdPerHour = hourlyPrice(product);
    if (!name || usdPerHour === undefined || rank === -1) continue;
    const known = best.get(name);
    if (!known || rank < known.rank) best.set(name, { rank, usdPerHour });
  }
  return [...best].map(([instanceType, { usdPerHour }]) => ({
    market,
    instanceType,
    usdPerHour,
    region,
    source: `${FETCHED}, ${market}`,
    recorded: today,
  }));
}

/** What EMR Serverless takes for a vCPU and for a GB of memory. Pure. */
export function serverlessPrices(products: readonly Product[], { region, today }: Taken): Price[] {
  const found: Price[] = [];
  for (const [instanceType, pattern] of [
    ['vCPU', /vcpu/i],
    ['GB', /memory|GBHours/i],
  ] as const) {
    const product = products.find(({ product }) => {
      const usage = product?.attributes?.['usagetype'] ?? '';
      return pattern.test(usage) && !/arm/i.test(usage);
    });
    const usdPerHour = product && hourlyPrice(product);
    if (usdPerHour === undefined) continue;
    found.push({
      market: 'emr',
      instanceType,
      usdPerHour,
      region,
      source: `${FETCHED}, EMR`,
      recorded: today,
    });
  }
  return found;
}

function rankOf(component: string): number {
  const name = component.toLowerCase().replaceAll(/[-_]/g, ' ');
  return COMPONENTS.findIndex((each) => name.endsWith(each) || name.endsWith(each.replace(' ', '')));
}

function hourlyPrice({ terms }: Product): number | undefined {
  for (const { priceDimensions } of Object.values(terms?.OnDemand ?? {})) {
    for (const { pricePerUnit } of Object.values(priceDimensions ?? {})) {
      const usd = Number(pricePerUnit?.USD);
      if (Number.isFinite(usd) && usd > 0) return usd;
    }
  }
  return undefined;
}
