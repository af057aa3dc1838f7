import { SluiceError } from '../../core/errors.ts';
import { loadConfiguration } from '../../core/load-configuration.ts';
import type { JobTask } from '../../graph/index.ts';
import { jobPrices } from '../../home/plan/index.ts';
import { isPlatformName, type Place, type PlatformName, usdText } from '../../platforms/router/index.ts';
import { approve } from '../approved-plan.ts';
import type { CliContext } from '../context.ts';
import { type EndpointOptions, readScaling, readVariants } from './endpoint-options.ts';

/**
 * Asks before an endpoint is made that costs money; a cap answers for what an hour costs with as many instances as it may
 * have.
 *
 * @throws SluiceError `CostNotApproved`
 */
export async function approveEndpoint(
  { environment, paths }: CliContext,
  options: EndpointOptions,
): Promise<void> {
  const platform = options.platform === 'codeweave' ? 'coreweave' : (options.platform ?? 'local');
  if (platform === 'local' || !isPlatformName(platform)) return;
  const configuration = await loadConfiguration(paths.home, process.cwd(), environment);
  // What is not enabled is told by who opens it.
  if (!configuration.platforms?.[platform]) return;
  const priceOf = await jobPrices(paths.home, configuration);
  const most = readScaling(options)?.max ?? 0;
  const prices = readVariants(options).map(({ instanceType, instanceCount }) => {
    const usd = priceOf(...served(platform, instanceType));
    return usd === undefined ? undefined : usd * Math.max(instanceCount, most);
  });
  if (prices.every((usd) => usd === 0)) return;
  const usd = prices.reduce(
    (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
    0,
  );
  const until = `on ${platform}, until it is deleted`;
  const cap = configuration.router?.maxCostInUSDPerRun;
  if (usd !== undefined && cap !== undefined && usd > cap) {
    throw new SluiceError(
      'CostNotApproved',
      `The endpoint would cost ${usdText(usd)} an hour ${until}: more than router.maxCostInUSDPerRun, ${usdText(cap)}.`,
      { hint: 'Raise the cap, or choose a smaller instance type, or fewer instances.' },
    );
  }
  if (options.yes || (usd !== undefined && cap !== undefined)) return;
  const costs = usd === undefined ? 'money, nobody knows how much,' : `about ${usdText(usd)} an hour`;
  await approve(
    new SluiceError('CostNotApproved', `The endpoint would cost ${costs} ${until}.`, {
      hint: 'Say --yes, or let the configuration answer: router.maxCostInUSDPerRun: 1 lets every endpoint begin that costs at most $1 an hour.',
    }),
  );
}

/** One instance that serves, as prices are looked up. */
function served(platform: PlatformName, instanceType: string): [JobTask, Place] {
  const task: JobTask = {
    type: 'endpoint',
    name: 'endpoint',
    interface: { inputs: {}, outputs: {} },
    instanceType,
    instanceCount: 1,
    volumeSizeInGB: 30,
    environment: {},
    maxRuntimeInSeconds: 86_400,
    variants: {},
  };
  return [task, { platform, instanceType, spot: false, seconds: 0, usd: null }];
}
