/** The door to prices: what machines cost, by whom and when that was said. */
export { SPOT_SAVING } from './built-in-prices.ts';
export { type BilledJob, type CostEstimate, estimateCost } from './cost.ts';
export { type Market, PRICE_REGION, type Price } from './price.ts';
export { builtInPrices, PriceBook } from './price-book.ts';
export { pricesFile, readPrices, writePrices } from './prices-file.ts';
export { refreshPrices } from './refresh-prices.ts';
