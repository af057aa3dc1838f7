import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import {
  type Interface,
  isUri,
  type Json,
  type Variable,
  type VariableType,
  valueProblem,
} from '../graph/index.ts';

/**
 * Turns `--input name=value` into the values that a workflow's interface asks for.
 *
 * @param option how messages call it
 * @throws SluiceError `InvalidArgument` for an unknown input or a value of the wrong type
 */
export function readWorkflowInputs(
  texts: Readonly<Record<string, string>>,
  { inputs }: Interface,
  option = '--input',
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const variable = inputs[name];
      if (variable === undefined) throw unknownInput(option, name, Object.keys(inputs));
      return [name, readValue({ option, name }, variable, text)];
    }),
  );
}

function unknownInput(option: string, name: string, known: readonly string[]): SluiceError {
  return new SluiceError('InvalidArgument', `${option}: the workflow has no input '${name}'.`, {
    hint: suggest(name, known),
  });
}

/** An input as the command line names it. */
interface NamedInput {
  readonly option: string;
  readonly name: string;
}

function readValue(input: NamedInput, { type }: Variable, text: string): Json {
  const named = `${input.option} ${input.name}`;
  if (type === 'uri') return readPlace(named, text);
  const value = type === 'json' ? readJson(input, text) : parsers[type](text);
  const problem = valueProblem(type, value);
  if (problem === undefined) return value;
  throw new SluiceError('InvalidArgument', `${named}: ${problem}.`);
}

/** What does not parse stays text, and is then no value of the type. */
const parsers: Readonly<Record<Exclude<VariableType, 'json' | 'uri'>, (text: string) => Json>> = {
  string: (text) => text,
  integer: readNumber,
  float: readNumber,
  boolean: (text) => (text === 'true' || text === 'false' ? text === 'true' : text),
};

function readNumber(text: string): Json {
  return text.trim() === '' || !Number.isFinite(Number(text)) ? text : Number(text);
}

/** A URI as it is; a path relative to the current directory. */
function readUri(text: string): string {
  return isUri(text) ? text : pathToFileURL(resolve(text)).href;
}

/**
 * A place that an option names: a URI as it is, or a path of this machine, which has to exist.
 *
 * @param option - How the message calls it: `--channel train`.
 * @throws SluiceError `InvalidArgument`
 */
export function readPlace(option: string, text: string): string {
  const uri = text === '' ? '' : readUri(text);
  if (uri === '') {
    throw new SluiceError('InvalidArgument', `${option}: expected a path, file:// or s3://, got ''.`);
  }
  if (uri.startsWith('file:') && !existsSync(new URL(uri))) {
    throw new SluiceError('InvalidArgument', `${option}: ${fileURLToPath(uri)} does not exist.`, {
      hint: 'Check the path; a relative one starts at the current directory.',
    });
  }
  return uri;
}

/** The places of `--channel name=place`. */
export function readPlaces(channels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(channels).map(([name, place]) => [name, readPlace(`--channel ${name}`, place)]),
  );
}

function readJson({ option, name }: NamedInput, text: string): Json {
  try {
    return JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text) as Json;
  } catch (error) {
    throw new SluiceError(
      'InvalidArgument',
      `${option} ${name}: expected JSON, got '${text}': ${errorMessage(error)}`,
      {
        cause: error,
        hint: `Quote it for the shell (${option} '${name}={"key": 1}'), or name a file: ${option} ${name}=@file.json`,
      },
    );
  }
}
