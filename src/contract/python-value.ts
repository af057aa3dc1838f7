/**
 * Values as Python reads and writes them: the framework containers decode hyperparameters with `json.loads` and
 * write their environment with `json.dumps`, and `1.0`, `1e-05`, `True` and `\u00e9` have to come out alike.
 *
 * Source: sagemaker-training-toolkit, `environment.py` (`read_hyperparameters`) and `mapping.py` (`to_env_vars`,
 * `to_cmd_args`).
 */

/** A number with the text that Python prints for it. */
export class PythonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A value that Python's `json` made. */
export type PythonValue =
  | null
  | boolean
  | string
  | PythonNumber
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** `json.loads(text)`, and the text itself where that fails, as the toolkit reads hyperparameters. */
export function decodePythonValue(text: string): PythonValue {
  if (/^\s*(?:NaN|-?Infinity)\s*$/.test(text)) return new PythonNumber(text.trim());
  try {
    return JSON.parse(text, reviveNumber) as PythonValue;
  } catch {
    return text;
  }
}

/** A value of the toolkit's environment: None is empty, a string stands raw, everything else is JSON. */
export function encodeEnvironmentValue(value: PythonValue): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : encodePythonJson(value);
}

/** `json.dumps(value, sort_keys=True, separators=(',', ':'))`. */
export function encodePythonJson(value: PythonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return asciiJson(value);
  if (value instanceof PythonNumber) return value.text;
  if (isList(value)) return `[${value.map(encodePythonJson).join(',')}]`;
  const members = sortedEntries(value).map(([key, item]) => `${asciiJson(key)}:${encodePythonJson(item)}`);
  return `{${members.join(',')}}`;
}

/** Command-line arguments made of a mapping: `--key value`, keys sorted, one-letter keys with one dash. */
export function encodeCommandArguments(mapping: Readonly<Record<string, PythonValue>>): string[] {
  return sortedEntries(mapping).flatMap(([key, value]) => [
    key.length > 1 ? `--${key}` : key && `-${key}`,
    argumentText(value),
  ]);
}

/** An integer, for the environment. */
export function pythonInteger(value: number): PythonNumber {
  return new PythonNumber(String(value));
}

function argumentText(value: PythonValue): string {
  if (value === null) return '';
  if (isMapping(value)) {
    return sortedEntries(value)
      .map(([key, item]) => `${key}=${pythonText(item)}`)
      .join(',');
  }
  return pythonText(value);
}

/** `str(value)`. */
function pythonText(value: PythonValue): string {
  return typeof value === 'string' ? value : pythonRepresentation(value);
}

/** `repr(value)`. */
function pythonRepresentation(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof PythonNumber) return value.text.replace('Infinity', 'inf').replace('NaN', 'nan');
  if (typeof value === 'string') return quoted(value);
  if (isList(value)) return `[${value.map(pythonRepresentation).join(', ')}]`;
  const members = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${pythonRepresentation(item)}`);
  return `{${members.join(', ')}}`;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return quote + escaped + quote;
}

function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}

function isMapping(value: PythonValue): value is { readonly [key: string]: PythonValue } {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof PythonNumber);
}

/** Python sorts by code point, JavaScript by UTF-16 unit: they differ above U+FFFF only. */
function sortedEntries<T>(mapping: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(mapping).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function reviveNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  return new PythonNumber(/^-?\d+$/.test(source) ? integerText(source) : floatText(value));
}

function integerText(source: string): string {
  return source === '-0' ? '0' : source;
}

/** `repr(float)`: shortest digits, an exponent below 1e-4 and from 1e16 on. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const sign = exponent < 0 ? '-' : '+';
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = exponent < -6 ? value.toFixed(20) : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}
