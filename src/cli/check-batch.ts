import { errorMessage, SluiceError } from '../core/errors.ts';
import { loadConfiguration } from '../core/load-configuration.ts';
import { inspectBatch } from '../platforms/clusters/index.ts';
import type { Check } from './check.ts';
import type { CliContext } from './context.ts';

/** What of AWS Batch works, where the configuration enables it. */
export async function checkBatch({ paths, environment }: CliContext): Promise<Check[]> {
  const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment).catch(() => ({
    platforms: {} as { batch?: undefined },
  }));
  if (!platforms.batch) return [];
  try {
    const { account, queue, image } = await inspectBatch(platforms.batch, environment);
    return [{ name: 'batch', status: 'ok', value: `queue ${queue} of ${account}, agent ${image}` }];
  } catch (error) {
    const hint = error instanceof SluiceError ? error.hint : undefined;
    return [
      { name: 'batch', status: 'failed', value: errorMessage(error), ...(hint !== undefined && { hint }) },
    ];
  }
}
