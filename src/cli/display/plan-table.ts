import picocolors from 'picocolors';
import type { ConsideredPlace, PlanStep, RunPlan } from '../../platforms/router/index.ts';
import { secondsText, usdText } from '../../platforms/router/index.ts';
import { cutLastColumn, formatTable } from '../output.ts';

/** A table with more rows than this shows the chosen platforms alone. */
const MOST_ROWS = 120;

const HEADER = ['  STEP', 'PLATFORM', 'INSTANCE', 'TIME', 'COST', 'REASON'];

/** A plan as JSON: what `sluice plan --json` prints. */
export interface PlanDocument extends Pick<RunPlan, 'policy' | 'total'> {
  readonly workflow: string;
  readonly steps: readonly Pick<PlanStep, 'step' | 'chosen' | 'considered'>[];
}

/** What programs are told of a plan. */
export function planDocument(workflow: string, { policy, steps, total }: RunPlan): PlanDocument {
  return {
    workflow,
    policy,
    steps: steps.map(({ step, chosen, considered }) => ({ step, chosen, considered })),
    total,
  };
}

/** A plan as a table: for each step the platforms that were looked at, the chosen one first; steps alike share one. */
export function formatPlan(workflow: string, plan: RunPlan): string {
  const groups = Map.groupBy(plan.steps, ({ places, considered }) => JSON.stringify([places, considered]));
  const alike = [...groups.values()] as [PlanStep, ...PlanStep[]][];
  const all = alike.flatMap((steps) => rowsOf(steps));
  const rows = all.length > MOST_ROWS ? alike.flatMap((steps) => rowsOf(steps).slice(0, 1)) : all;
  return [
    `${picocolors.bold(workflow)}  ${picocolors.dim(`policy ${plan.policy}`)}`,
    '',
    formatTable(HEADER, cutLastColumn(HEADER, rows), { 5: picocolors.dim }),
    '',
    totalLine(plan),
  ].join('\n');
}

function rowsOf(steps: readonly [PlanStep, ...PlanStep[]]): string[][] {
  const [{ chosen, considered, step }] = steps;
  const name = steps.length === 1 ? step : `${step} and ${steps.length - 1} alike`;
  const others = considered.filter(({ platform }) => platform !== chosen.platform);
  return [
    [`▸ ${name}`, ...cellsOf({ ...chosen, fits: true })],
    ...others.toSorted((a, b) => Number(b.fits) - Number(a.fits)).map((other) => ['', ...cellsOf(other)]),
  ];
}

function cellsOf(place: ConsideredPlace): string[] {
  const { platform, spot, instanceType, instanceCount, seconds, usd, fits, reason } = place;
  return [
    `${fits ? ' ' : '✖'} ${platform}${spot ? ' (spot)' : ''}`,
    instanceCount === undefined ? instanceType : `${instanceCount} × ${instanceType}`,
    seconds === 0 ? '–' : secondsText(seconds),
    usd === null ? 'unknown' : usdText(usd),
    reason,
  ];
}

function totalLine({ steps, total }: RunPlan): string {
  const time = `${picocolors.bold('Total')}  ${secondsText(total.seconds)}`;
  return `${time}${costText(steps, total.usd)}${pricesText(steps)}`;
}

function costText(steps: readonly PlanStep[], usd: number | null): string {
  if (usd !== null) return `, about ${usdText(usd)}`;
  const unknown = steps.filter(({ chosen }) => chosen.usd === null).map(({ step }) => step);
  const known = steps.reduce((sum, { chosen }) => sum + (chosen.usd ?? 0), 0);
  const names = unknown.length > 3 ? `${unknown.length} steps` : unknown.join(', ');
  const atLeast = known > 0 ? `, at least ${usdText(known)}:` : ';';
  return `${atLeast} what ${names} ${unknown.length === 1 ? 'costs' : 'cost'} is not known`;
}

function pricesText(steps: readonly PlanStep[]): string {
  const days = steps.flatMap(({ chosen }) => chosen.priced ?? []).sort();
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined) return '.';
  const when = first === last ? `, at prices of ${first}.` : `, at prices of ${first} to ${last}.`;
  const regions = [...new Set(steps.flatMap(({ chosen }) => chosen.pricedIn ?? []))];
  if (regions.length === 0) return when;
  return `${when} They are those of ${regions.join(', ')}: sluice prices refresh --region REGION brings a region's own.`;
}
