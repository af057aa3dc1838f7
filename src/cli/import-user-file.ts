import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorMessage, SluiceError, systemErrorCode } from '../core/errors.ts';
import { resolveSluiceHere } from '../core/resolve-sluice.ts';

const ownDirectory = fileURLToPath(new URL('.', import.meta.url));

/**
 * Imports a user's TypeScript or JavaScript file, as it is, and returns its exports.
 *
 * @throws SluiceError `WorkflowFileInvalid` when it is missing, does not compile, or throws while it loads; the message
 *   shows the place.
 */
export async function importUserFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  checkFile(path, file);
  resolveSluiceHere();
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw error instanceof SyntaxError ? await syntaxError(path, file, error) : loadError(path, error);
  }
}

function checkFile(path: string, file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile()) return checkReadable(path, file);
  throw new SluiceError(
    'WorkflowFileInvalid',
    stats ? `'${path}' is a directory; expected a workflow file.` : `There is no file '${path}'.`,
    { hint: 'Name the file that exports the workflow, for example: sluice run pipeline.ts' },
  );
}

function checkReadable(path: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new SluiceError('WorkflowFileInvalid', `'${path}' cannot be read: ${errorMessage(cause)}`, {
      cause,
      hint: `Give yourself the right to read it: chmod u+r ${path}`,
    });
  }
}

async function syntaxError(path: string, file: string, error: SyntaxError): Promise<SluiceError> {
  const unsupported = systemErrorCode(error) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
  const place = placeInStack(error) ?? (await placeFromCheck(file)) ?? '';
  return new SluiceError('WorkflowFileInvalid', `'${path}' does not compile: ${error.message}${place}`, {
    cause: error,
    hint: unsupported
      ? 'Node.js runs TypeScript by erasing its types: use a union of strings for an enum, and plain fields for parameter properties.'
      : 'Mend the line shown and run the command again.',
  });
}

/** Node puts the place, the line and a caret before the message of most syntax errors. */
function placeInStack(error: Error): string | undefined {
  const head = (error.stack ?? '').split(/^\S*SyntaxError/m)[0]?.trimEnd();
  return head ? `\n\n${indent(readablePath(head))}\n` : undefined;
}

/** Where the stack does not tell, `node --check` does. */
async function placeFromCheck(file: string): Promise<string | undefined> {
  const output = await new Promise<string>((done) => {
    execFile(process.execPath, ['--check', file], { timeout: 10_000 }, (_error, _stdout, stderr) =>
      done(stderr),
    );
  });
  const head = output.includes('SyntaxError') ? output.split(/^\S*SyntaxError/m)[0]?.trimEnd() : undefined;
  return head ? `\n\n${indent(readablePath(head))}\n` : undefined;
}

function loadError(path: string, error: unknown): SluiceError {
  const missing = systemErrorCode(error) === 'ERR_MODULE_NOT_FOUND';
  const place = userPlace(error);
  return new SluiceError(
    'WorkflowFileInvalid',
    `'${path}' could not be loaded: ${readablePath(errorMessage(error))}${place ? ` (${place})` : ''}`,
    {
      cause: error,
      hint: missing
        ? 'Check the path of the import (with its .ts ending), or install the package beside the file.'
        : 'The file threw an error while it was imported; run with --debug to see the whole stack.',
    },
  );
}

/** The first place in the stack, where that is a user's file and not this program's own: `path:line`. */
function userPlace(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const match = /\((?:file:\/\/)?(\/[^()]+:\d+):\d+\)|at (?:async )?(file:\/\/\/\S+:\d+):\d+/.exec(stack);
  const place = match?.[1] ?? match?.[2];
  if (place === undefined || place.includes(ownDirectory)) return undefined;
  return readablePath(place);
}

function readablePath(text: string): string {
  return text.replace(/(?:file:\/\/)?(\/[^\s:'"]+)/g, (whole, path: string) => {
    const absolute = whole.startsWith('file:') ? fileURLToPath(whole) : path;
    const near = relative(process.cwd(), absolute);
    return near.startsWith('..') ? absolute : near || absolute;
  });
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
