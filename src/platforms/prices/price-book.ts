import { BUILT_IN_PRICES } from './built-in-prices.ts';
import { type Market, PRICE_REGION, type Price } from './price.ts';

/** Which price is looked for. */
export interface PriceQuery {
  readonly market: Market;
  readonly instanceType: string;
  /** @default false */
  readonly spot?: boolean;
  /** Its price is preferred; else that of us-east-1. @default 'us-east-1' */
  readonly region?: string | undefined;
}

/** Prices by machine. What it does not hold is unknown. */
export class PriceBook {
  readonly prices: readonly Price[];
  readonly #byKey = new Map<string, Price>();
  readonly #regions = new Set<string>();

  /** Of two for the same machine the one that was taken later holds; of the same day, the later in the list. */
  constructor(prices: readonly Price[]) {
    this.prices = prices;
    for (const price of prices) {
      const key = keyOf(price, price.region ?? PRICE_REGION);
      const known = this.#byKey.get(key);
      if (!known || known.recorded <= price.recorded) this.#byKey.set(key, price);
      if (isFetched(price)) this.#regions.add(`${price.market} ${price.region}`);
    }
  }

  /** The price of a machine; undefined: unknown. */
  find(query: PriceQuery): Price | undefined {
    const { region = PRICE_REGION } = query;
    return this.#byKey.get(keyOf(query, region)) ?? this.#byKey.get(keyOf(query, PRICE_REGION));
  }

  /** Whether all prices of a market in a region were fetched, so that what is not among them is not sold there. */
  isComplete(market: Market, region: string): boolean {
    return this.#regions.has(`${market} ${region}`);
  }
}

/** How the sources of prices that `sluice prices refresh` has fetched begin. */
export const FETCHED = 'AWS Pricing API';

function isFetched({ source }: Price): boolean {
  return source.startsWith(FETCHED);
}

function keyOf({ market, instanceType, spot = false }: Omit<PriceQuery, 'region'>, region: string): string {
  return `${market} ${instanceType} ${spot} ${region}`;
}

/** The prices that Sluice brings. */
export const builtInPrices = new PriceBook(BUILT_IN_PRICES);
