import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The rows of every file in a channel's directory, in the order of their names. */
export function readRows(directory: string): number[][] {
  return readLines(directory).map((line) => line.split(',').map(Number));
}

/** The lines of every file in a channel's directory, without empty ones. */
export function readLines(directory: string): string[] {
  return readdirSync(directory)
    .toSorted()
    .flatMap((file) => readFileSync(join(directory, file), 'utf8').split(/\r?\n/))
    .filter((line) => line !== '');
}

/** Writes rows without a header, as SageMaker's own algorithms read CSV. */
export function writeRows(directory: string, file: string, rows: readonly (readonly number[])[]): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, file), rows.map((row) => `${row.join(',')}\n`).join(''));
}
