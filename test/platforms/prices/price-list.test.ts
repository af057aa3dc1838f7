import { expect, test } from 'vitest';
import { instancePrices, parseProduct, serverlessPrices } from '../../../src/platforms/prices/price-list.ts';

const taken = { region: 'us-east-1', today: '2026-11-28' };

function product(attributes: object, usd: unknown): string {
  const terms = { OnDemand: { a: { priceDimensions: { b: { pricePerUnit: { USD: usd } } } } } };
  return JSON.stringify({ product: { attributes }, terms });
}

test.each([
  ['null', 'null'],
  ['no JSON', '{'],
  ['a text', '"x"'],
  ['a list', '[[]]'],
  ['an attribute that is no text', product({ instanceType: { toString: 1 } }, '0.1')],
  ['attributes that are null', '{"product":{"attributes":null}}'],
  ['a price that is no text', product({ instanceType: 'm5.large' }, { a: 1 })],
  ['a negative price', product({ instanceType: 'm5.large' }, '-1')],
  ['an endless price', product({ instanceType: 'm5.large' }, '1e999')],
  ['no number', product({ instanceType: 'm5.large' }, 'free')],
])('a product that tells nothing is left out: %s', (_, text) => {
  const products = [
    parseProduct(text) ?? {},
    parseProduct(product({ instanceType: 'm5.xlarge' }, '0.2')) ?? {},
  ];
  expect(instancePrices('ec2', products, taken).map(({ instanceType }) => instanceType)).toEqual([
    'm5.xlarge',
  ]);
  expect(serverlessPrices(products, taken)).toEqual([]);
});
