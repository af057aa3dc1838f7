import type { Command } from 'commander';
import { loadConfiguration } from '../../core/load-configuration.ts';
import { pricesFile, refreshPrices, writePrices } from '../../platforms/prices/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

interface Options {
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
}

/** `sluice prices refresh` */
export function configure(command: Command): void {
  command
    .option(
      '--region <name>',
      "whose prices (default: SageMaker's region in the configuration, else AWS_REGION)",
    )
    .option('--profile <name>', 'of the shared files of AWS (default: as the configuration says)')
    .option('--endpoint-url <url>', 'where the AWS Pricing API answers (default: AWS, us-east-1)')
    .addHelpText(
      'after',
      `
Fetches what machines of SageMaker, EC2 and EMR Serverless cost in a region,
from the AWS Pricing API, and keeps it in the home. It needs credentials that
allow pricing:GetProducts; asking costs nothing.

Examples:
  sluice prices refresh
  sluice prices refresh --region eu-central-1 --profile mine`,
    )
    .action(async ({ region, profile, endpointUrl }: Options) => {
      const context = readContext(command);
      const { paths, environment } = context;
      const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment);
      const { sagemaker } = platforms;
      const chosen = region ?? sagemaker?.region ?? context.account.region;
      const prices = await refreshPrices({
        ...(sagemaker?.assumeRole && { assumeRole: sagemaker.assumeRole }),
        ...((profile ?? sagemaker?.profile) !== undefined && { profile: profile ?? sagemaker?.profile }),
        ...(endpointUrl !== undefined && { endpoint: endpointUrl }),
        region: chosen,
        today: new Date().toISOString().slice(0, 10),
        environment,
      });
      await writePrices(paths.home, prices);
      const file = pricesFile(paths.home);
      printDocument(
        context,
        { region: chosen, prices: prices.length, file },
        () => `${prices.length} prices of ${chosen} are kept in ${file}.`,
      );
    });
}
