import { existsSync } from 'node:fs';
import { join } from 'node:path';
import picocolors from 'picocolors';
import type { Json } from '../../graph/index.ts';
import type { NodeReport, RunReport } from '../../home/runs/index.ts';
import { SPOT_SAVING } from '../../platforms/prices/index.ts';
import { usdText } from '../../platforms/router/index.ts';
import { cutLastColumn, formatTable } from '../output.ts';
import type { RunMetricValues } from '../read-metric-values.ts';
import { formatDuration, formatNumber, formatUsd } from './format.ts';
import { metricText } from './sparkline.ts';
import { colourState } from './states.ts';
import { phaseMark } from './step-text.ts';

/** A graph of more nodes than this is shown in numbers only, save for what failed. */
const longestList = 50;

/**
 * All of a run as text: its graph, its metrics, where its artifacts lie, and what it would have cost.
 *
 * @param values of metrics over time @default none are known
 */
export function formatRunSummary(report: RunReport, objects: string, values: RunMetricValues = {}): string {
  const blocks = [
    heading(report),
    graph(report),
    results(report, values),
    artifacts(report, objects),
    placement(report),
    cost(report),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function heading({ workflow, id, phase, durationMs }: RunReport): string {
  const duration = durationMs === undefined ? '' : ` in ${formatDuration(durationMs)}`;
  return `${picocolors.bold(workflow)} ${id}  ${colourState(phase)}${duration}`;
}

function graph({ nodes }: RunReport): string {
  if (nodes.length === 0) return '';
  if (nodes.length <= longestList) return nodeTable(nodes);
  const failed = nodes.filter(({ error }) => error !== undefined).slice(0, longestList);
  const counts = Object.entries(Object.groupBy(nodes, ({ phase }) => phase));
  const total = counts.map(([phase, list]) => `${list?.length} ${phase}`).join(', ');
  return [`  ${nodes.length} steps: ${total}`, ...(failed.length > 0 ? [nodeTable(failed)] : [])].join('\n');
}

function nodeTable(nodes: readonly NodeReport[]): string {
  const rows = nodes.map((node) => [
    `${phaseMark(node.phase)} ${node.id}`,
    node.type,
    node.phase + (node.attempt > 1 ? ` (attempt ${node.attempt})` : ''),
    node.durationMs === undefined ? '–' : formatDuration(node.durationMs),
    node.billableSeconds === undefined ? '–' : `${node.billableSeconds} s`,
    node.dependsOn.join(', '),
  ]);
  const header = ['  STEP', 'TYPE', 'STATE', 'DURATION', 'BILLABLE', 'AFTER'];
  return formatTable(header, cutLastColumn(header, rows), { 2: colourState, 5: picocolors.dim });
}

/** The workflow's own outputs that are no places, and what metric definitions captured. */
function results({ outputs = {}, nodes }: RunReport, values: RunMetricValues): string {
  const captured = nodes.flatMap(({ id, metrics = {} }) =>
    Object.entries(metrics).map(([name, value]): [string, Json] => [
      `${id} ${name}`,
      metricText(value, values[id]?.[name]),
    ]),
  );
  const own = Object.entries(outputs).flatMap(([name, value]) => flatten(name, value));
  return section('Results', [...own.filter(([, value]) => !isPlace(value)), ...captured]);
}

/** One row for each scalar of a JSON value, its path for a name; deep or long ones stay JSON. */
function flatten(name: string, value: Json, depth = 0): [string, Json][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || depth === 2)
    return [[name, value]];
  return Object.entries(value).flatMap(([key, part]) => flatten(`${name}.${key}`, part, depth + 1));
}

/** The places of what the steps made, below the place that all share. */
function artifacts({ nodes }: RunReport, objects: string): string {
  const places = nodes.flatMap(({ id, outputs = {}, saved = {} }) =>
    Object.entries({ ...outputs, ...saved }).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' && isPlace(value) && !isMissing(value, objects, name in saved)
        ? [[`${id}.${name}`, value]]
        : [],
    ),
  );
  if (places.length === 0 || places.length > longestList) return '';
  const shared = sharedPlace(places.map(([, place]) => place));
  const rows = places.map(([name, place]): [string, Json] => [name, place.slice(shared.length)]);
  const local = localPath(shared, objects);
  return [
    section('Artifacts', rows),
    ...(shared === '' ? [] : [`  ${picocolors.dim(`below ${shared}`)}`]),
    ...(local === undefined || !existsSync(local) ? [] : [`  ${picocolors.dim(`here  ${local}`)}`]),
  ].join('\n');
}

/** A job without output data has no output.tar.gz, though its place is known; one that did not succeed may have nothing. */
function isMissing(place: string, objects: string, isSaved: boolean): boolean {
  const path = localPath(place, objects);
  return (isSaved || place.endsWith('/output.tar.gz')) && path !== undefined && !existsSync(path);
}

/** Where the embedded store keeps what lies at an S3 URI. */
function localPath(place: string, objects: string): string | undefined {
  if (!place.startsWith('s3://')) return undefined;
  const [bucket = ''] = place.slice('s3://'.length).split('/');
  return existsSync(join(objects, bucket)) ? join(objects, place.slice('s3://'.length)) : undefined;
}

/** The longest beginning of all places that ends in `/`. */
function sharedPlace(places: readonly string[]): string {
  const [first = '', ...others] = places;
  let length = first.lastIndexOf('/') + 1;
  while (length > 0 && !others.every((place) => place.startsWith(first.slice(0, length)))) {
    length = first.lastIndexOf('/', length - 2) + 1;
  }
  return first.slice(0, length);
}

function isPlace(value: Json): boolean {
  return typeof value === 'string' && /^(s3|file):\/\//.test(value);
}

function section(title: string, rows: readonly (readonly [string, Json])[]): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map(([name]) => name.length));
  const cells = rows.map(([name, value]) => [name, formatValue(value)] as const);
  const fits = cells.every(([, value]) => width + value.length + 4 <= (process.stdout.columns ?? Infinity));
  const lines = cells.map(([name, value]) =>
    fits ? `  ${name.padEnd(width)}  ${value}` : `  ${name}\n    ${value}`,
  );
  return [picocolors.bold(title), ...lines].join('\n');
}

function formatValue(value: Json): string {
  if (typeof value === 'number') return formatNumber(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** Where steps were placed, and where they had to go on. */
function placement({ plan, nodes }: RunReport): string {
  const placed = nodes.filter(({ planned }) => planned !== undefined);
  if (!plan || placed.length === 0 || placed.length > longestList) return '';
  const rows = placed.map(({ id, planned, platform }) => [
    `  ${id}`,
    `${platform ?? planned?.platform}${planned?.spot && platform === planned.platform ? ' (spot)' : ''}`,
    planned?.usd === null || planned === undefined ? 'unknown' : usdText(planned.usd),
    planned?.reason ?? '',
  ]);
  const header = ['  STEP', 'PLATFORM', 'EXPECTED', 'REASON'];
  const moves = placed.flatMap(({ id, moved = [] }) => moved.map((why) => `  ${id} left ${why}`));
  return [
    picocolors.bold(`Plan (policy ${plan.policy})`),
    formatTable(header, cutLastColumn(header, rows), { 3: picocolors.dim }),
    ...moves,
  ].join('\n');
}

function cost({ cost: estimate, nodes }: RunReport): string {
  const seconds = nodes.reduce((total, { billableSeconds = 0 }) => total + billableSeconds, 0);
  if (seconds === 0) return '';
  const unknown = estimate.unknownInstanceTypes;
  if (estimate.recorded === undefined)
    return picocolors.dim(
      `What ${seconds} billable seconds would have cost on SageMaker is not known: no price is known of ${unknown.join(', ')}`,
    );
  return [
    picocolors.bold(`On SageMaker, ${seconds} billable seconds would have cost`),
    `  ${formatUsd(estimate.onDemand)} on demand`,
    `  ${formatUsd(estimate.withSpot)} with managed spot training, which saves up to ${SPOT_SAVING * 100} %`,
    `  ${picocolors.dim(`at the prices of ${estimate.region}, taken on ${estimate.recorded}`)}`,
    ...(unknown.length > 0 ? [`  without ${unknown.join(', ')}, whose prices are not known`] : []),
  ].join('\n');
}
