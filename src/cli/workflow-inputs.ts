import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage, SluiceError } from '../core/errors.ts';
import type { Interface, Json, Variable } from '../graph/types.ts';
import { closest } from './closest.ts';

/**
 * Turns `--input name=value` into the values that a workflow's interface asks for.
 *
 * @throws SluiceError `InvalidArgument` for an unknown input or a value of the wrong type
 */
export function readWorkflowInputs(
  texts: Readonly<Record<string, string>>,
  { inputs }: Interface,
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const variable = inputs[name];
      if (variable === undefined) throw unknownInput(name, Object.keys(inputs));
      return [name, readValue(name, variable, text)];
    }),
  );
}

function unknownInput(name: string, known: readonly string[]): SluiceError {
  const near = closest(name, known);
  const list = known.length === 0 ? 'The workflow has no inputs.' : `Its inputs are: ${known.join(', ')}.`;
  return new SluiceError('InvalidArgument', `--input: the workflow has no input '${name}'.`, {
    hint: near === undefined ? list : `Did you mean '${near}'? ${list}`,
  });
}

function readValue(name: string, { type }: Variable, text: string): Json {
  switch (type) {
    case 'string':
      return text;
    case 'uri':
      return readUri(text);
    case 'integer':
      return expectMatch(
        /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)),
        name,
        'a whole number',
        text,
      );
    case 'float':
      return expectMatch(text.trim() !== '' && Number.isFinite(Number(text)), name, 'a number', text);
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw wrongType(name, 'true or false', text);
    case 'json':
      return readJson(name, text);
  }
}

function expectMatch(matches: boolean, name: string, expected: string, text: string): number {
  if (!matches) throw wrongType(name, expected, text);
  return Number(text);
}

/** A URI as it is; a path relative to the current directory. */
export function readUri(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : pathToFileURL(resolve(text)).href;
}

function readJson(name: string, text: string): Json {
  try {
    return JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text) as Json;
  } catch (error) {
    throw new SluiceError(
      'InvalidArgument',
      `--input ${name}: expected JSON, got '${text}': ${errorMessage(error)}`,
      {
        cause: error,
        hint: `Quote it for the shell (--input '${name}={"key": 1}'), or name a file: --input ${name}=@file.json`,
      },
    );
  }
}

function wrongType(name: string, expected: string, text: string): SluiceError {
  return new SluiceError('InvalidArgument', `--input ${name}: expected ${expected}, got '${text}'.`);
}
