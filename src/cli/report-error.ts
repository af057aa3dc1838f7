import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { printable } from './output.ts';

/** How errors are shown. */
export interface ReportOptions {
  readonly json: boolean;
  readonly debug: boolean;
}

/**
 * Shows an error on stderr: what and where, then what to do. A stack trace only with `--debug`, or where the error is
 * a defect.
 *
 * @returns the exit code: 2 for a wrong argument, else 1.
 */
export function reportError(error: unknown, { json, debug }: ReportOptions): number {
  const shown = error instanceof SluiceError ? error : defect(error);
  process.stderr.write(
    json ? `${JSON.stringify({ error: errorDocument(shown) })}\n` : `${errorBlock(shown, debug)}\n`,
  );
  return shown.code === 'InvalidArgument' ? 2 : 1;
}

/** The error as a program reads it. */
export function errorDocument(error: SluiceError): Record<string, unknown> {
  const { code, fault, message, hint, details } = error;
  return { code, fault, message, ...(hint === undefined ? {} : { hint }), ...details };
}

/** SQLite's: it could not read or write its files. */
const IO_ERROR = 10;

function defect(error: unknown): SluiceError {
  if ((((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff) === IO_ERROR)
    return new SluiceError('DiskFull', `The database of the home cannot be used: ${errorMessage(error)}.`, {
      cause: error,
      hint: 'Most often its disk is full to the last byte. Free a megabyte by hand (what lies in the cache directory of the home can be made again), then run sluice prune.',
    });
  return new SluiceError('InternalError', errorMessage(error), {
    cause: error,
    hint: 'This is a defect in Sluice. Please report it with the lines above.',
  });
}

function errorBlock(error: SluiceError, debug: boolean): string {
  const lines = [`${picocolors.red('error')} ${picocolors.bold(error.code)}: ${plain(error.message)}`];
  lines.push(...logLines(error));
  if (debug || error.code === 'InternalError') lines.push(picocolors.dim(stackOf(error)));
  if (error.hint !== undefined) lines.push(`${picocolors.cyan('→')} ${plain(error.hint)}`);
  return lines.join('\n');
}

/** The end of a failed job's log, where the error carries it and its message has not told it. */
function logLines({ details, message }: SluiceError): string[] {
  const tail = details['logTail'];
  if (!Array.isArray(tail) || tail.length === 0) return [];
  if (message.includes(tail.map((line) => `\n  ${String(line)}`).join(''))) return [];
  return [
    '  the last lines of its log:',
    ...tail.map((line) => `  ${picocolors.dim('│')} ${plain(String(line))}`),
  ];
}

/** A file, a job or a server may have worded a part of it. */
function plain(text: string): string {
  return printable(stripVTControlCharacters(text));
}

function stackOf(error: Error): string {
  const own = error.cause instanceof Error ? (error.cause.stack ?? '') : (error.stack ?? '');
  return own.split('\n').slice(0, 20).join('\n');
}
