import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorMessage, SluiceError, systemErrorCode } from '../../core/errors.ts';
import { writeWhole } from '../../core/write-whole.ts';
import { BUILT_IN_PRICES } from './built-in-prices.ts';
import type { Price } from './price.ts';
import { builtInPrices, PriceBook } from './price-book.ts';

const price = z.strictObject({
  market: z.enum(['sagemaker', 'ec2', 'batch', 'kubernetes', 'coreweave', 'emr']),
  instanceType: z.string().min(1),
  usdPerHour: z.number().positive(),
  spot: z.boolean().optional(),
  region: z.string().min(1).optional(),
  source: z.string().min(1),
  recorded: z.iso.date(),
});

const file = z.strictObject({ version: z.literal(1), prices: z.array(price) });

/** Where a home keeps the prices that were fetched. */
export function pricesFile(home: string): string {
  return join(home, 'prices.json');
}

/** The prices of a home: those that Sluice brings, and those that were fetched. @throws SluiceError `ConfigInvalid` */
export async function readPrices(home: string): Promise<PriceBook> {
  const path = pricesFile(home);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw unreadable(path, errorMessage(error));
  });
  if (text === undefined) return builtInPrices;
  return new PriceBook([...BUILT_IN_PRICES, ...parse(path, text)]);
}

/** Keeps the prices that were fetched, in place of those fetched before for the same markets and regions. */
export async function writePrices(home: string, prices: readonly Price[]): Promise<void> {
  const path = pricesFile(home);
  const before = parse(path, await readFile(path, 'utf8').catch(() => '{"version":1,"prices":[]}'));
  const placeOf = ({ market, region }: Price): string => `${market} ${region}`;
  const fetched = new Set(prices.map(placeOf));
  const kept = before.filter((each) => !fetched.has(placeOf(each)));
  writeWhole(path, `${JSON.stringify({ version: 1, prices: [...kept, ...prices] })}\n`);
}

function parse(path: string, text: string): readonly Price[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, errorMessage(error));
  }
  const result = file.safeParse(value);
  if (result.success) return result.data.prices as readonly Price[];
  const [issue] = result.error.issues;
  throw unreadable(path, `${issue?.path.join('.')}: ${issue?.message}`);
}

function unreadable(path: string, problem: string): SluiceError {
  return new SluiceError('ConfigInvalid', `The prices in ${path} cannot be read: ${problem}`, {
    hint: `Remove the file, and fetch them again: sluice prices refresh`,
  });
}
