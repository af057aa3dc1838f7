import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfiguration } from '../../core/load-configuration.ts';
import { DURATION_FORM, parseDuration } from '../../core/parse-duration.ts';
import { openState } from '../../home/index.ts';
import { type CostRow, type Costs, readCosts, sumOf } from '../../home/plan/index.ts';
import { readPrices } from '../../platforms/prices/index.ts';
import { usdText } from '../../platforms/router/index.ts';
import { readContext } from '../context.ts';
import { parseCount } from '../key-value.ts';
import { formatTable, printDocument } from '../output.ts';

type Grouping = 'workflow' | 'task' | 'platform';

interface Options {
  readonly workflow?: string;
  readonly since?: number;
  readonly by?: Grouping;
  readonly limit: number;
}

/** `sluice costs` */
export function configure(command: Command): void {
  command
    .option('--workflow <name>', 'only runs of this workflow')
    .option('--since <time>', 'only runs that began in the last 30d, 12h, …', parseSince)
    .addOption(
      new Option('--by <what>', 'one row for each (default: workflow, task and platform)').choices([
        'workflow',
        'task',
        'platform',
      ]),
    )
    .option('--limit <n>', 'at most so many runs, the newest', parseCount, 1000)
    .addHelpText(
      'after',
      `
What the jobs of runs have cost: by their billable seconds, at the prices that
are known now (sluice prices); beside that what the plans expected, and what
spot machines have saved. Of a step that was tried several times, each try is a
job. What has no price is unknown, not nothing.

Examples:
  sluice costs
  sluice costs --by platform --since 30d
  sluice costs --workflow diagnosis --json`,
    )
    .action(async ({ workflow, since, by, limit }: Options) => {
      const context = readContext(command);
      const { paths, environment } = context;
      const { platforms = {} } = await loadConfiguration(paths.home, process.cwd(), environment, {
        trusted: false,
      });
      const prices = await readPrices(paths.home);
      const state = await openState(context, 'read');
      try {
        const createdAfter = since === undefined ? undefined : Date.now() - since;
        const costs = await readCosts(state, { workflow, createdAfter, limit }, platforms, prices);
        const document = documentOf(costs, by);
        printDocument(context, document, toText);
      } finally {
        await state.close();
      }
    });
}

function parseSince(text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new InvalidArgumentError(`Expected ${DURATION_FORM}.`);
  return parsed;
}

interface Document extends Omit<Costs, 'rows'> {
  readonly rows: readonly Partial<CostRow>[];
  readonly total: Omit<CostRow, 'workflow' | 'task' | 'platform'>;
}

const NAMES = ['workflow', 'task', 'platform'] as const;
const NOTHING: CostRow = {
  workflow: '',
  task: '',
  platform: '',
  jobs: 0,
  billableSeconds: 0,
  estimatedUsd: 0,
  actualUsd: 0,
  onDemandUsd: 0,
};

function documentOf({ rows, ...facts }: Costs, by: Grouping | undefined): Document {
  const groups = Map.groupBy(rows, (row) => (by === undefined ? row : row[by]));
  const summed = [...groups.values()].map((group) => {
    const { workflow, task, platform, ...sums } = group.reduce(sumOf);
    const names = { workflow, task, platform };
    return by === undefined ? { ...names, ...sums } : { [by]: names[by], ...sums };
  });
  const { workflow: _workflow, task: _task, platform: _platform, ...total } = rows.reduce(sumOf, NOTHING);
  return { ...facts, rows: summed, total };
}

function toText({ runs, rows, total, priced }: Document): string {
  if (rows.length === 0) return `No job of ${runs} runs was billed.`;
  const names = NAMES.filter((name) => rows.some((row) => row[name] !== undefined));
  const header = [
    ...names.map((name) => name.toUpperCase()),
    'JOBS',
    'BILLABLE',
    'EXPECTED',
    'COST',
    'ON DEMAND',
    'SAVED',
  ];
  const cells = [...rows, total].map((row: Partial<CostRow>, index) => [
    ...names.map((name, column) => row[name] ?? (index === rows.length && column === 0 ? 'Total' : '')),
    String(row.jobs),
    `${row.billableSeconds} s`,
    dollars(row.estimatedUsd),
    dollars(row.actualUsd),
    dollars(row.onDemandUsd),
    savedText(row),
  ]);
  const days = priced && [...new Set(priced)].join(' to ');
  return [formatTable(header, cells), '', days ? `At prices of ${days}.` : 'No price was needed.'].join('\n');
}

function savedText({ onDemandUsd, actualUsd }: Partial<CostRow>): string {
  if (typeof onDemandUsd !== 'number' || typeof actualUsd !== 'number') return 'unknown';
  return onDemandUsd > actualUsd ? dollars(onDemandUsd - actualUsd) : '–';
}

function dollars(usd: number | null | undefined): string {
  return typeof usd === 'number' ? usdText(usd) : 'unknown';
}
