import { type Command, Option } from 'commander';
import { type Price, readPrices } from '../../platforms/prices/index.ts';
import { readContext } from '../context.ts';
import { formatTable, printDocument } from '../output.ts';

interface Options {
  readonly market?: Price['market'];
  readonly instanceType?: string;
}

/** `sluice prices` */
export function configure(command: Command): void {
  command
    .addOption(
      new Option('--market <name>', 'only those of one seller').choices([
        'sagemaker',
        'ec2',
        'batch',
        'kubernetes',
        'coreweave',
        'emr',
      ]),
    )
    .option('--instance-type <name>', 'only those of this machine: ml.m5.xlarge')
    .addHelpText(
      'after',
      `
The prices that plans and costs are made with, each with its source and the day
that it was taken. What is not among them is unknown. Those of a Kubernetes
cluster stand in the configuration: platforms.kubernetes.pricePerHour.

Examples:
  sluice prices
  sluice prices --market coreweave
  sluice prices --instance-type ml.m5.xlarge --json`,
    )
    .action(async ({ market, instanceType }: Options) => {
      const context = readContext(command);
      const { prices } = await readPrices(context.paths.home);
      const found = prices.filter(
        (price) =>
          (market === undefined || price.market === market) &&
          (instanceType === undefined || price.instanceType === instanceType),
      );
      printDocument(context, { prices: found }, () => toText(found));
    });
}

function toText(prices: readonly Price[]): string {
  if (prices.length === 0) return 'No such price is known. sluice prices refresh fetches those of AWS.';
  const rows = prices.map(({ market, instanceType, usdPerHour, spot, region, recorded, source }) => [
    market,
    `${instanceType}${spot ? ' (spot)' : ''}`,
    `$${usdPerHour}`,
    region ?? '',
    recorded,
    source,
  ]);
  return formatTable(['MARKET', 'MACHINE', 'PER HOUR', 'REGION', 'DAY', 'SOURCE'], rows);
}
