import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SluiceError } from '../../../core/errors.ts';
import type { Token } from './token.ts';

/** How long a command may take, milliseconds. */
const LIMIT_MS = 60_000;

/** What a command may print, bytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * The token that a command prints.
 *
 * @param field of the configuration, for messages
 * @throws SluiceError `CredentialsMissing`
 */
export async function commandToken(command: readonly string[] | undefined, field: string): Promise<Token> {
  const [program, ...given] = command ?? [];
  if (program === undefined) throw missing(`${field} is not set: it prints the token.`);
  const { stdout, stderr } = await promisify(execFile)(program, given, {
    timeout: LIMIT_MS,
    maxBuffer: MAX_BYTES,
  }).catch((cause: { stderr?: string; message: string }) => {
    // Its output may hold a token: what it says on stderr is for people.
    const said = cause.stderr?.trim() || cause.message.split('\n')[0];
    throw missing(`${field} has failed: ${said}`, cause);
  });
  const accessToken = stdout.trim();
  if (accessToken !== '') return { accessToken };
  throw missing(`${field} has printed no token. ${stderr.trim()}`.trim());
}

function missing(message: string, cause?: unknown): SluiceError {
  return new SluiceError('CredentialsMissing', message, {
    cause,
    hint: 'Run the command yourself: it has to print the token, and nothing else, to stdout.',
  });
}
