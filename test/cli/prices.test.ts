import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sluice } from '../harness/sluice.ts';

interface Asked {
  readonly ServiceCode: string;
  readonly Filters: readonly { readonly Field: string; readonly Value: string }[];
  readonly NextToken?: string;
}

let home: string;
let server: Server;
let endpoint: string;
const asked: Asked[] = [];
let status = 200;

function product(attributes: Record<string, string>, usd: string): string {
  const priceDimensions = { x: { unit: 'Hrs', pricePerUnit: { USD: usd } } };
  return JSON.stringify({ product: { attributes }, terms: { OnDemand: { t: { priceDimensions } } } });
}

/** As the AWS Pricing API answers, in two pages for SageMaker. */
function answer({ ServiceCode, NextToken }: Asked): object {
  if (ServiceCode === 'AmazonSageMaker' && NextToken === undefined) {
    const hosting = product({ instanceName: 'ml.m5.xlarge', component: 'Hosting' }, '0.99');
    return { PriceList: [hosting], NextToken: 'more' };
  }
  if (ServiceCode === 'AmazonSageMaker')
    return {
      PriceList: [
        product({ instanceName: 'ml.m5.xlarge', component: 'Processing' }, '0.28'),
        product({ instanceName: 'ml.m5.xlarge', component: 'Training' }, '0.276'),
        product({ instanceName: 'ml.free.large', component: 'Training' }, '0.0000000000'),
      ],
    };
  if (ServiceCode === 'AmazonEC2') return { PriceList: [product({ instanceType: 'm5.xlarge' }, '0.23')] };
  return { PriceList: [product({ usagetype: 'EUC1-EMR-SERVERLESS-vCPU-Hours' }, '0.06')] };
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-prices-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const question = JSON.parse(body) as Asked;
      asked.push(question);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      const refusal = { __type: 'AccessDeniedException', message: 'You may not ask pricing:GetProducts.' };
      response.end(JSON.stringify(status === 200 ? answer(question) : refusal));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(home, { recursive: true, force: true });
});

const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
const call = (...args: string[]) => sluice(args, { home, cwd: home, environment });

interface PricesJson {
  readonly prices: readonly {
    readonly instanceType: string;
    readonly usdPerHour: number;
    readonly region: string;
  }[];
}

test('prices are listed with source and day, and what is not known is said to be', {
  timeout: 300_000,
}, async () => {
  const listed = await call('prices', '--market', 'coreweave');
  expect(listed.stdout).toMatch(/coreweave +V100 +\$0\.5 +2026-11-20 +Flyte SageMaker Integration Guide/);
  expect(listed.stdout).toMatch(/8×H100 \(spot\) +\$19\.71 .*2026-09-20/);
  expect((await call('prices', '--instance-type', 'ml.x')).stdout).toContain('No such price is known.');
});

test('prices of a region are fetched, kept, and hold in place of those that Sluice brings', {
  timeout: 300_000,
}, async () => {
  const refreshed = await call('prices', 'refresh', '--region', 'eu-central-1', '--endpoint-url', endpoint);
  expect(refreshed).toMatchObject({ code: 0, stderr: '' });
  expect(refreshed.stdout).toBe(`3 prices of eu-central-1 are kept in ${join(home, 'prices.json')}.\n`);
  expect(asked.map(({ ServiceCode }) => ServiceCode)).toEqual([
    'AmazonSageMaker',
    'AmazonSageMaker',
    'AmazonEC2',
    'ElasticMapReduce',
  ]);
  expect(asked[0]?.Filters[0]).toMatchObject({ Field: 'regionCode', Value: 'eu-central-1' });
  const { prices } = JSON.parse(
    (await call('prices', '--instance-type', 'ml.m5.xlarge', '--json')).stdout,
  ) as PricesJson;
  expect(prices.map(({ region, usdPerHour }) => [region, usdPerHour])).toEqual([
    ['us-east-1', 0.23],
    ['eu-central-1', 0.276],
  ]);
});

test('what may not be fetched leaves the prices as they were', { timeout: 300_000 }, async () => {
  status = 400;
  const before = await readFile(join(home, 'prices.json'), 'utf8');
  const refused = await call('prices', 'refresh', '--endpoint-url', endpoint);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('pricing:GetProducts') as string,
  });
  expect(await readFile(join(home, 'prices.json'), 'utf8')).toBe(before);
  await writeFile(join(home, 'prices.json'), '{"version":1,"prices":[{"market":"ec2"}]}');
  const damaged = await call('prices');
  expect(damaged.stderr).toContain('ConfigInvalid');
  expect(damaged.stderr).toContain('prices.json cannot be read: prices.0.instanceType');
});
