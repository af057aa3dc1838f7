import { stripVTControlCharacters } from 'node:util';
import type { CliContext } from './context.ts';

const SHORTEST_CELL = 8;

/** Writes one line of JSON to stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints a document: JSON for programs, else what `toText` makes of it. */
export function printDocument<T>(
  { json }: Pick<CliContext, 'json'>,
  document: T,
  toText: (document: T) => string,
): void {
  if (json) printJson(document);
  // Whatever files, jobs and servers have named moves no cursor.
  else process.stdout.write(`${printable(toText(document))}\n`);
}

/**
 * Left-aligned columns two spaces apart, the header first; the last column is not padded.
 *
 * @param styles for cells of a column, by its index; given the padded cell
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  styles: Readonly<Record<number, (cell: string) => string>> = {},
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columnWidths(header, cells);
  const pad = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell)),
    );
  const styled = cells.map((row) => pad(row).map((cell, column) => (styles[column] ?? String)(cell)));
  return [pad(header), ...styled].map((row) => row.join('  ')).join('\n');
}

/**
 * A table without those columns that a narrow terminal has no room for.
 *
 * @param spare the columns that may be left out, by their titles, the first of them first
 */
export function fitTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  spare: readonly string[],
): { readonly header: string[]; readonly rows: string[][] } {
  const room = process.stdout.columns ?? Infinity;
  const width = columnWidths(header, rows).reduce((sum, each) => sum + each + 2, -2);
  const [first, ...others] = spare;
  if (width <= room || first === undefined) return { header: [...header], rows: rows.map((row) => [...row]) };
  const out = header.indexOf(first);
  const without = (row: readonly string[]) => row.filter((_, column) => column !== out);
  return fitTable(without(header), rows.map(without), others);
}

/** The rows with their last cells cut to what fits on the terminal beside the others. */
export function cutLastColumn(header: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  const others = columnWidths(header, rows).slice(0, -1);
  const left = (process.stdout.columns ?? Infinity) - others.reduce((sum, width) => sum + width + 2, 0);
  return rows.map((row) => [...row.slice(0, -1), cut(row.at(-1) ?? '', left)]);
}

/** What others have named, fit for a terminal: of control characters styles are kept, and ends of lines. Pure. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}(?:\[[\d;]*m)?/gu, (found) => {
    const isKept = /^[\n\t]/.test(found) || (found.startsWith('\u001B') && found.length > 1);
    return isKept ? found : ` ${found.slice(1)}`;
  });
}

function columnWidths(header: readonly string[], rows: readonly (readonly string[])[]): number[] {
  return header.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, visibleLength(row[column] ?? '')), title.length),
  );
}

/** Never below what can still be read. */
function cut(cell: string, width: number): string {
  const length = Math.max(width, SHORTEST_CELL);
  return cell.length <= length ? cell : `${cell.slice(0, length - 1)}…`;
}

function visibleLength(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
