import { errorMessage, SluiceError } from '../core/errors.ts';
import type { RunFailure } from '../state/index.ts';

/** An error as it is kept. Errors that are not Sluice's own get `code`. */
export function failureOf(
  error: unknown,
  code: 'InternalError' | 'TaskFailed' = 'InternalError',
): RunFailure {
  if (error instanceof SluiceError) {
    const { message, fault, hint } = error;
    return { code: error.code, message, fault, ...(hint !== undefined && { hint }) };
  }
  const fault = code === 'TaskFailed' ? 'user' : 'system';
  return { code, message: `${errorMessage(error)}${code === 'TaskFailed' ? thrownAt(error) : ''}`, fault };
}

/** The first place of a stack that is neither Node's nor a package's, ` (path:line)`. */
function thrownAt(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n')) {
    const place = /(?:file:\/\/)?(\/[^()]*?:\d+):\d+\)?$/.exec(line)?.[1];
    if (place && !place.includes('/node_modules/') && !line.includes('node:')) return ` (${place})`;
  }
  return '';
}
