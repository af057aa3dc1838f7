import type { Json } from '../../../graph/index.ts';

/**
 * A value as `str()` of Python writes it: what flytekit's own connector puts into a text, and hashes. Pure.
 *
 * @param isFloat whether a whole number was a `float`: `3.0`. @default false
 */
export function pythonText(value: Json, isFloat = false): string {
  return typeof value === 'string' ? value : pythonRepr(value, isFloat);
}

function pythonRepr(value: Json, isFloat = false): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value, isFloat);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map((each) => pythonRepr(each)).join(', ')}]`;
  const members = Object.entries(value).map(([key, each]) => `${quoted(key)}: ${pythonRepr(each)}`);
  return `{${members.join(', ')}}`;
}

/** Python has two digits at least in an exponent, and uses one from 1e16 on, JavaScript from 1e21 on. */
function pythonNumber(value: number, isFloat: boolean): string {
  if (Number.isInteger(value) && !isFloat) return BigInt(value).toString();
  const magnitude = Math.abs(value);
  if (value !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** `datetime.isoformat()` of Python for a time in UTC: microseconds only where there are some. Pure. */
export function pythonTime(time: Date): string {
  const [seconds = '', milliseconds = ''] = time.toISOString().slice(0, -1).split('.');
  return `${seconds}${milliseconds === '000' ? '' : `.${milliseconds}000`}+00:00`;
}

/** A dictionary with its keys in order, as flytekit hashes it. Pure. */
export function sortedText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return pythonText(value);
  const members = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b));
  return `{${members.map(([key, each]) => `${key}: ${sortedText(each)}`).join(', ')}}`;
}

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
