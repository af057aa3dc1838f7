import type { Command } from 'commander';
import { addFilterOptions } from '../s3/filters.ts';
import { asPrefix, type Place, requireS3 } from '../s3/place.ts';
import { addTransferOptions, refuse, withTransfers } from '../s3/run-s3.ts';
import { runTransfers, type Transfer, type TransferOptions } from '../s3/transfer.ts';

/** `sluice s3 rm` */
export function configure(command: Command): void {
  const wanted = addFilterOptions(command);
  addTransferOptions(command)
    .argument('<uri>', 's3://bucket/key')
    .option('--recursive', 'remove all objects below the prefix')
    .addHelpText(
      'after',
      `
Examples:
  sluice s3 rm s3://bucket/data/old.csv
  sluice s3 rm s3://bucket/data/ --recursive --exclude '*.parquet' --dryrun`,
    )
    .action(async (uri: string, { recursive }: { readonly recursive?: boolean }) => {
      const place = { kind: 's3', ...requireS3(uri) } as const;
      if (!recursive && place.key === '')
        refuse('Expected a key after the bucket.', 'Add --recursive to remove all objects of a bucket.');
      const one = { relative: place.key, place, size: 0, modified: new Date() };
      await withTransfers(command, (options) =>
        runTransfers(
          recursive ? planAll(place, wanted, options) : only({ action: 'delete', entry: one }),
          options,
        ),
      );
    });
}

async function* planAll(
  place: Extract<Place, { kind: 's3' }>,
  wanted: (relative: string) => boolean,
  { stores, signal }: TransferOptions,
): AsyncGenerator<Transfer> {
  const { bucket } = place;
  const prefix = asPrefix(place.key);
  for await (const { key, size, lastModified } of stores.store(bucket).list(bucket, { prefix, signal })) {
    const relative = key.slice(prefix.length);
    const entry = { relative, place: { kind: 's3', bucket, key }, size, modified: lastModified } as const;
    if (wanted(relative)) yield { action: 'delete', entry };
  }
}

async function* only(transfer: Transfer): AsyncGenerator<Transfer> {
  yield transfer;
}
