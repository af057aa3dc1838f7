import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { makeNamedDirectory } from '../../core/make-directories.ts';
import { type Entry, leftOutBy, listEntries } from '../s3/entries.ts';
import { addFilterOptions } from '../s3/filters.ts';
import { type Place, parsePlace, placeBelow } from '../s3/place.ts';
import { addTransferOptions, refuse, withTransfers } from '../s3/run-s3.ts';
import { runTransfers, type Transfer, type TransferOptions } from '../s3/transfer.ts';

interface Options {
  readonly delete?: boolean;
  readonly sizeOnly?: boolean;
}

/** `sluice s3 sync` */
export function configure(command: Command): void {
  const wanted = addFilterOptions(command);
  addTransferOptions(command)
    .argument('<source>', 's3://bucket/prefix or a directory')
    .argument('<destination>', 's3://bucket/prefix or a directory')
    .option('--delete', 'remove from the destination what the source does not have')
    .option('--size-only', 'take what has the same size for unchanged')
    .addHelpText(
      'after',
      `
Copies what the destination does not have, what has another size there, and what is newer in the source.

Examples:
  sluice s3 sync ./data s3://bucket/data
  sluice s3 sync s3://bucket/data ./data --delete --exclude '*.tmp'`,
    )
    .action(async (source: string, destination: string, options: Options) => {
      const from = parsePlace(source);
      const to = parsePlace(destination);
      if (from.kind === 'stream' || to.kind === 'stream')
        refuse("sync takes directories and prefixes, not '-'.");
      if (from.kind !== 's3' && to.kind !== 's3')
        refuse(`Expected s3:// in at least one of '${source}' and '${destination}'.`);
      if (from.kind === 'local' && !from.directory) refuse(`There is no directory '${from.path}'.`);
      if (to.kind === 'local' && command.opts<{ dryrun?: boolean }>().dryrun !== true)
        makeNamedDirectory(to.path, 'the destination');
      await withTransfers(command, (transfer) =>
        runTransfers(plan(from, to, { ...options, wanted }, transfer), transfer),
      );
    });
}

type PlanOptions = Options & { readonly wanted: (relative: string) => boolean };

/**
 * Both sides come in one order, so that one walk compares them, whatever their number.
 *
 * @throws SluiceError `StoreUnavailable` where a store lists in another order: what is there would be taken for missing
 */
async function* plan(
  from: Place,
  to: Place,
  options: PlanOptions,
  { stores, progress, signal }: TransferOptions,
): AsyncGenerator<Transfer> {
  const there = filtered(listEntries({ stores, signal }, to), options.wanted);
  // Only two whole listings say what is gone.
  const gone: Entry[] = [];
  let other = await nextOf(there);
  for await (const entry of filtered(
    listEntries({ stores, signal }, from, leftOutBy(progress, options.wanted)),
    options.wanted,
  )) {
    while (other && compare(other, entry) < 0) {
      if (options.delete) gone.push(other);
      other = await nextOf(there);
    }
    const same = other && compare(other, entry) === 0 ? other : undefined;
    if (!same || hasChanged(entry, same, options)) {
      try {
        yield { action: 'copy', entry, target: placeBelow(to, entry.relative) };
      } catch (error) {
        progress.failed('copy', entry.relative, (error as Error).message);
      }
    }
    if (same) other = await nextOf(there);
  }
  for (; other && options.delete; other = await nextOf(there)) gone.push(other);
  for (const entry of gone) yield { action: 'delete', entry };
}

function hasChanged(source: Entry, target: Entry, { sizeOnly = false }: Options): boolean {
  if (source.size !== target.size) return true;
  // S3 lists whole seconds.
  return (
    !sizeOnly && Math.floor(source.modified.getTime() / 1000) > Math.floor(target.modified.getTime() / 1000)
  );
}

async function* filtered(
  entries: AsyncIterable<Entry>,
  wanted: PlanOptions['wanted'],
): AsyncGenerator<Entry> {
  let last: Entry | undefined;
  for await (const entry of entries) {
    if (last && compare(last, entry) >= 0)
      throw new SluiceError(
        'StoreUnavailable',
        `'${entry.relative}' is listed after '${last.relative}': the listing is not in the order of the names' bytes.`,
        { hint: 'Two listings can be compared in that order alone. Copy with sluice s3 cp --recursive.' },
      );
    last = entry;
    if (wanted(entry.relative)) yield entry;
  }
}

async function nextOf(entries: AsyncIterator<Entry>): Promise<Entry | undefined> {
  const { done, value } = await entries.next();
  return done ? undefined : value;
}

function compare(a: Entry, b: Entry): number {
  return Buffer.compare(Buffer.from(a.relative), Buffer.from(b.relative));
}
