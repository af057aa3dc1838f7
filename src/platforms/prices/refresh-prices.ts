import type { Filter, PricingClient } from '@aws-sdk/client-pricing';
import { SluiceError } from '../../core/errors.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import type { Price } from './price.ts';
import { instancePrices, type Product, parseProduct, serverlessPrices, type Taken } from './price-list.ts';

/** The Pricing API answers in few regions; what it knows of is the same in each. */
const API_REGION = 'us-east-1';

/** No service has so many products of the kinds that are asked for. */
const MOST_PAGES = 500;

const TIMEOUT_MS = 120_000;

/** Which prices to fetch, and as whom; `endpoint` is where the Pricing API answers. */
export interface RefreshOptions extends AwsSettings {
  /** Whose prices. */
  readonly region: string;
  /** The day that they are taken on, ISO 8601. */
  readonly today: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Wanted {
  readonly service: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly read: (products: readonly Product[], taken: Taken) => Price[];
}

const WANTED: readonly Wanted[] = [
  {
    service: 'AmazonSageMaker',
    filters: { productFamily: 'ML Instance' },
    read: (products, taken) => instancePrices('sagemaker', products, taken),
  },
  {
    service: 'AmazonEC2',
    filters: {
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      capacitystatus: 'Used',
      productFamily: 'Compute Instance',
    },
    read: (products, taken) => instancePrices('ec2', products, taken),
  },
  { service: 'ElasticMapReduce', filters: { productFamily: 'EMR Serverless' }, read: serverlessPrices },
];

/**
 * Fetches what SageMaker, EC2 and EMR Serverless cost in a region, from the AWS Pricing API.
 *
 * @throws SluiceError `PricesUnavailable`, and as {@link AwsAccess.call}
 */
export async function refreshPrices(options: RefreshOptions): Promise<readonly Price[]> {
  const { region, today, environment, ...settings } = options;
  const access = new AwsAccess({ ...settings, region: API_REGION }, environment);
  try {
    const client = await access.client('Pricing', async (config) => {
      const { PricingClient } = await import('@aws-sdk/client-pricing');
      return new PricingClient(config);
    });
    const found: Price[] = [];
    for (const { service, filters, read } of WANTED) {
      const products = await access.call(`GetProducts '${service}'`, () =>
        fetchProducts(client, service, { regionCode: region, ...filters }),
      );
      found.push(...read(products, { region, today }));
    }
    if (found.length > 0) return found;
    throw new SluiceError(
      'PricesUnavailable',
      `The AWS Pricing API has no prices for the region '${region}'.`,
      {
        hint: 'Is it a region of AWS? eu-central-1 is one. The prices that were there stay.',
      },
    );
  } finally {
    await access.close();
  }
}

async function fetchProducts(
  client: PricingClient,
  service: string,
  filters: Readonly<Record<string, string>>,
): Promise<Product[]> {
  const { GetProductsCommand } = await import('@aws-sdk/client-pricing');
  const Filters = Object.entries(filters).map(
    ([Field, Value]): Filter => ({ Type: 'TERM_MATCH', Field, Value }),
  );
  const products: Product[] = [];
  const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const command = new GetProductsCommand({
      ServiceCode: service,
      Filters,
      FormatVersion: 'aws_v1',
      NextToken,
    });
    const answer = await client.send(command, { abortSignal });
    for (const each of answer.PriceList ?? []) products.push(parseProduct(String(each)) ?? {});
    NextToken = answer.NextToken;
    if (!NextToken) return products;
  }
  throw new Error(`${service} has more than ${MOST_PAGES} pages of prices`);
}
