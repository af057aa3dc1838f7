import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { collectKeyValue } from '../key-value.ts';
import { type Entry, leftOutBy, listEntries } from '../s3/entries.ts';
import { addFilterOptions } from '../s3/filters.ts';
import { type Place, parsePlace, placeBelow, placeOfOne } from '../s3/place.ts';
import { addTransferOptions, refuse, withTransfers } from '../s3/run-s3.ts';
import { runTransfers, type Transfer, type TransferOptions } from '../s3/transfer.ts';

interface Options {
  readonly recursive?: boolean;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** `sluice s3 cp` */
export function configure(command: Command): void {
  const wanted = addFilterOptions(command);
  addTransferOptions(command)
    .argument('<source>', 's3://bucket/key, a path, or - for stdin')
    .argument('<destination>', 's3://bucket/key, a path, or - for stdout')
    .option('--recursive', 'copy all files or objects below the source')
    .option('--content-type <type>', 'content type of what is uploaded; by default by the ending of its name')
    .option('--metadata <name=value>', 'metadata of what is uploaded; repeat for more', collectKeyValue)
    .addHelpText(
      'after',
      `
Examples:
  sluice s3 cp train.csv s3://bucket/data/
  sluice s3 cp s3://bucket/data/ ./data --recursive --exclude '*' --include '*.csv'
  tar -cz model | sluice s3 cp - s3://bucket/model.tar.gz`,
    )
    .action(async (source: string, destination: string, { recursive, contentType, metadata }: Options) => {
      const from = parsePlace(source);
      const to = parsePlace(destination);
      if (from.kind !== 's3' && to.kind !== 's3')
        refuse(`Expected s3:// in at least one of '${source}' and '${destination}'.`);
      const put = { ...(contentType !== undefined && { contentType }), ...(metadata && { metadata }) };
      await withTransfers(command, (options) =>
        runTransfers(recursive ? planMany(from, to, wanted, options) : planOne(from, to, options), {
          ...options,
          put,
        }),
      );
    });
}

async function* planOne(from: Place, to: Place, { stores }: TransferOptions): AsyncGenerator<Transfer> {
  const name = from.kind === 's3' ? from.key : from.kind === 'local' ? from.path : '';
  if (from.kind === 'stream' && to.kind === 's3' && (to.key === '' || to.key.endsWith('/'))) {
    refuse("Expected a whole key for what comes from '-'.");
  }
  yield {
    action: 'copy',
    entry: await statOne(from, stores),
    target: from.kind === 'stream' ? to : placeOfOne(to, name),
  };
}

async function statOne(place: Place, stores: TransferOptions['stores']): Promise<Entry> {
  if (place.kind === 'stream') return { relative: '-', place, size: 0, modified: new Date() };
  if (place.kind === 's3') {
    if (place.key === '')
      refuse('Expected a key after the bucket.', 'Add --recursive to copy all objects of a bucket.');
    const { size, lastModified, etag } = await stores.store(place.bucket).head(place.bucket, place.key);
    return { relative: place.key, place, size, modified: lastModified, etag };
  }
  const stats = statSync(place.path, { throwIfNoEntry: false });
  if (!stats) throw new SluiceError('InvalidArgument', `There is no file '${place.path}'.`);
  if (stats.isDirectory())
    refuse(`'${place.path}' is a directory.`, 'Add --recursive to copy all files in it.');
  return { relative: place.path, place, size: stats.size, modified: stats.mtime };
}

async function* planMany(
  from: Place,
  to: Place,
  wanted: (relative: string) => boolean,
  { stores, progress, signal }: TransferOptions,
): AsyncGenerator<Transfer> {
  if (from.kind === 'stream' || to.kind === 'stream') refuse("'-' cannot be copied recursively.");
  if (from.kind === 'local' && !from.directory) refuse(`'${from.path}' is no directory.`);
  for await (const entry of listEntries({ stores, signal }, from, leftOutBy(progress, wanted))) {
    if (!wanted(entry.relative)) continue;
    try {
      yield { action: 'copy', entry, target: placeBelow(to, entry.relative) };
    } catch (error) {
      progress.failed('copy', entry.relative, (error as Error).message);
    }
  }
}
