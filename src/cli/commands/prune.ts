import { type Command, Option } from 'commander';
import picocolors from 'picocolors';
import { loadConfiguration } from '../../core/load-configuration.ts';
import { openHome } from '../../home/index.ts';
import { readContext } from '../context.ts';
import { formatDuration } from '../display/format.ts';
import { formatSize } from '../display/format-size.ts';
import { parseAge, parseByteCount } from '../key-value.ts';
import { formatTable, printDocument } from '../output.ts';
import { PRUNE_KINDS, type PruneKind } from '../prune/candidate.ts';
import { type PruneResult, prune } from '../prune/prune.ts';

interface Options {
  readonly olderThan?: number;
  readonly maxSize?: number;
  readonly failedRuns?: boolean;
  readonly only?: readonly PruneKind[];
  readonly dryRun?: boolean;
}

/** Where neither an age nor a size is said, here or in the configuration: 30 days, milliseconds. */
const DEFAULT_AGE_MS = 30 * 86_400_000;

/** `sluice prune` */
export function configure(command: Command): void {
  command
    .option(
      '--older-than <age>',
      'only what has not been of use for so long: 12h, 30d, 2w (default: 30d)',
      parseAge,
    )
    .option('--max-size <size>', 'the oldest, until the rest takes at most this: 500MB, 20GB', parseByteCount)
    .option('--failed-runs', 'runs that could be resumed, too')
    .addOption(new Option('--only <kind...>', 'what to remove (default: all)').choices([...PRUNE_KINDS]))
    .option('-n, --dry-run', 'show what would be removed, without doing it')
    .addHelpText(
      'after',
      `
Kinds:
  runs    runs that have succeeded, with their jobs
  jobs    jobs of no run that have ended, with their logs
  data    what ended jobs have left of their /opt/ml: that of failed ones is kept
  logs    what the database does not know any more, as logs of deleted endpoints
  caches  what can be made again, as Python environments; only while no job runs
  bundles the code of steps, in the embedded store: what no run that could be
          resumed, no job under way and no model needs
  uploads what a process that was killed has left of its uploads: their parts in
          an S3 store, files under temporary names

Nothing that runs is removed, nor what a run needs that stays. Other objects in
buckets stay: \`sluice s3 rm\` removes them. With \`retention:\` in the
configuration the same is done by itself, after runs and by \`sluice serve\`.

Examples:
  sluice prune --dry-run
  sluice prune --older-than 7d --failed-runs
  sluice prune --max-size 20GB --older-than 1d
  sluice prune --only data caches --older-than 0`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const { retention = {} } = await loadConfiguration(
        context.paths.home,
        process.cwd(),
        context.environment,
      );
      const { dryRun = false } = options;
      const maxBytes = options.maxSize ?? retention.maxSize;
      const age = options.olderThan ?? retention.olderThan;
      const home = await openHome(context);
      try {
        const limits = {
          olderThanMs: age ?? (maxBytes === undefined ? DEFAULT_AGE_MS : 0),
          maxBytes,
          failedRuns: options.failedRuns ?? retention.failedRuns,
          kinds: options.only,
        };
        const now = Date.now();
        const result = await prune(home, limits, { now, dryRun });
        printDocument(context, { dryRun, ...result }, (document) => toText(document, now));
        if (result.items.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
      } finally {
        await home.close();
      }
    });
}

function toText(
  { dryRun, items, freedBytes, leftBytes }: PruneResult & { readonly dryRun: boolean },
  now: number,
): string {
  const left = `jobs and caches ${dryRun ? 'would then take' : 'take'} ${formatSize(leftBytes)}`;
  if (items.length === 0) return `Nothing to remove; ${left}.`;
  const rows = items.map(({ kind, name, bytes, lastUsedAt, problem }) => [
    kind,
    formatSize(bytes),
    formatDuration(now - lastUsedAt.getTime()),
    problem === undefined ? name : `${name} ${picocolors.red(`not removed: ${problem}`)}`,
  ]);
  const did = dryRun ? 'would be free' : 'free';
  return `${formatTable(['KIND', 'SIZE', 'AGE', 'NAME'], rows)}\n${formatSize(freedBytes)} ${did}; ${left}.`;
}
