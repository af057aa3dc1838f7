import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { askedOf } from '../../../src/server/access/asked-of.ts';
import { formatCbor } from '../../../src/server/wire/cbor.ts';

const CBOR = '/service/GraniteServiceVersion20100801/operation/PutMetricData';
const json = { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData' };
const cbor = { 'smithy-protocol': 'rpc-v2-cbor' };
const input = { Namespace: 'mine' };

test.each<[title: string, url: string, headers: Record<string, string>, body: Uint8Array]>([
  ['JSON', '/', json, Buffer.from(JSON.stringify(input))],
  ['CBOR', CBOR, cbor, formatCbor(input)],
  ['a form', '/', {}, Buffer.from('Action=PutMetricData&Namespace=mine')],
])('the namespace of metrics is read from %s, compressed or not', async (_title, url, headers, body) => {
  const asked = { service: 'monitoring', operation: 'PutMetricData', input: expect.objectContaining(input) };
  expect(await askedOf('monitoring', { url, headers, body: Buffer.from(body) })).toEqual(asked);
  const zipped = { url, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) };
  expect(await askedOf('monitoring', zipped)).toEqual(asked);
});

test('a body that is no gzip is refused, and one that is no CBOR names nothing', async () => {
  const body = Buffer.from('no');
  await expect(
    askedOf('monitoring', { url: CBOR, headers: { ...cbor, 'content-encoding': 'gzip' }, body }),
  ).rejects.toThrow('not valid gzip');
  expect(await askedOf('monitoring', { url: CBOR, headers: cbor, body })).toMatchObject({ input: {} });
});
