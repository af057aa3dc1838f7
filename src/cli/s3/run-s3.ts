import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import { createStores, type OpenStores } from '../../objects/index.ts';
import { readContext } from '../context.ts';
import { TransferDisplay } from './progress.ts';
import type { TransferOptions } from './transfer.ts';

/** Options of every `sluice s3` command. */
export interface S3CommandOptions {
  readonly endpointUrl?: string;
  readonly aws?: boolean;
  readonly dryrun?: boolean;
  readonly quiet?: boolean;
  readonly onlyShowErrors?: boolean;
}

/** Adds the options that say which store `s3://` means. */
export function addStoreOptions(command: Command): Command {
  return command
    .option('--endpoint-url <url>', 's3:// is at this endpoint (as SLUICE_S3=URL)')
    .option('--aws', 's3:// is AWS, with the usual credentials (as SLUICE_S3=aws)');
}

/** Adds the options of commands that change something. */
export function addTransferOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--dryrun', 'show what would be done, without doing it')
    .option('--quiet', 'print nothing')
    .option('--only-show-errors', 'print errors only');
}

/** What is under way has so long to remove what it has half done; a request that is not answered keeps nobody longer. */
const STOP_LIMIT_MS = 3_000;

/** Opens the stores, runs, and closes them. */
export async function withStores(
  command: Command,
  action: (stores: OpenStores) => Promise<void>,
): Promise<void> {
  const { paths, environment } = readContext(command);
  const { endpointUrl, aws } = command.opts<S3CommandOptions>();
  const s3 = endpointUrl === undefined ? (aws ? ('aws' as const) : undefined) : { endpoint: endpointUrl };
  const stores = await createStores({
    home: paths.home,
    environment,
    probe: true,
    ...(s3 && { config: { s3 } }),
  });
  try {
    await action(stores);
  } finally {
    await stores.close();
  }
}

/** Runs transfers that Ctrl-C can stop. The exit code is 1 when one of them failed, 130 after Ctrl-C. */
export async function withTransfers(
  command: Command,
  action: (options: TransferOptions) => Promise<void>,
): Promise<void> {
  const { json } = readContext(command);
  const { dryrun = false, quiet = false, onlyShowErrors = false } = command.opts<S3CommandOptions>();
  const progress = new TransferDisplay({ json, dryRun: dryrun, quiet, onlyErrors: onlyShowErrors });
  const stop = new AbortController();
  const interrupts = catchInterrupts({
    onStop: () => {
      stop.abort();
      setTimeout(() => process.exit(interrupts.exitCode()), STOP_LIMIT_MS).unref();
    },
    onKill: () => process.exit(130),
  });
  try {
    await withStores(command, (stores) => action({ stores, progress, dryRun: dryrun, signal: stop.signal }));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    interrupts.close();
  }
  process.exitCode = interrupts.exitCode() ?? (progress.failures > 0 ? 1 : 0);
}

/** @throws SluiceError `InvalidArgument` */
export function refuse(message: string, hint?: string): never {
  throw new SluiceError('InvalidArgument', message, hint === undefined ? {} : { hint });
}
