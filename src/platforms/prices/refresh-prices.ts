import type { Filter, PricingClient } from '@aws-sdk/client-pricing';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';
import type { Price } from './price.ts';
import { instancePrices, type Product, serverlessPrices } from './price-list.ts';

/** The Pricing API answers in few regions; what it knows of is the same in each. */
const API_REGION = 'us-east-1';

/** No service has so many products of the kinds that are asked for. */
const MOST_PAGES = 500;

const TIMEOUT_MS = 120_000;

/** Which prices to fetch, and as whom. */
export interface RefreshOptions extends AwsSettings {
  /** Whose prices. */
  readonly region: string;
  /** The day that they are taken on, ISO 8601. */
  readonly today: string;
}

interface Wanted {
  readonly service: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly read: (products: readonly Product[], options: RefreshOptions) => Price[];
}

const WANTED: readonly Wanted[] = [
  {
    service: 'AmazonSageMaker',
    filters: { productFamily: 'ML Instance' },
    read: (products, options) => instancePrices('sagemaker', products, options),
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
    read: (products, options) => instancePrices('ec2', products, options),
  },
  { service: 'ElasticMapReduce', filters: { productFamily: 'EMR Serverless' }, read: serverlessPrices },
];

/**
 * Fetches what SageMaker, EC2 and EMR Serverless cost in a region, from the AWS Pricing API.
 *
 * @throws SluiceError `PricesUnavailable`
 */
export async function refreshPrices(options: RefreshOptions): Promise<readonly Price[]> {
  // Its client takes longer to load than most commands take to run.
  const { PricingClient } = await import('@aws-sdk/client-pricing');
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const { profile, endpoint } = options;
  const client = new PricingClient({
    region: API_REGION,
    ...(endpoint !== undefined && { endpoint }),
    credentials: fromNodeProviderChain({ ...(profile !== undefined && { profile }) }),
  });
  try {
    const found: Price[] = [];
    for (const { service, filters, read } of WANTED) {
      const products = await fetchProducts(client, service, { regionCode: options.region, ...filters });
      found.push(...read(products, options));
    }
    if (found.length === 0) throw new Error(`it has no prices for the region '${options.region}'`);
    return found;
  } catch (cause) {
    throw new SluiceError('PricesUnavailable', `The AWS Pricing API: ${errorMessage(cause)}`, {
      cause,
      hint: 'It needs credentials that allow pricing:GetProducts; AWS_PROFILE and --profile name them. The prices that were there stay.',
    });
  } finally {
    client.destroy();
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
    for (const each of answer.PriceList ?? []) products.push(JSON.parse(String(each)) as Product);
    NextToken = answer.NextToken;
    if (!NextToken) return products;
  }
  throw new Error(`${service} has more than ${MOST_PAGES} pages of prices`);
}
