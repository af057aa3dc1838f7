import type { CliContext } from './context.ts';

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
  else process.stdout.write(`${toText(document)}\n`);
}

/** Left-aligned columns two spaces apart, the header first; the last column is not padded. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) =>
    all.reduce((width, row) => Math.max(width, (row[column] ?? '').length), 0),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
