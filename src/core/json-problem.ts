/** A value for messages: its JSON, cut. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = Array.isArray(value) ? 'a list' : 'an object';
  return value.constructor === Object || Array.isArray(value)
    ? kind
    : `a ${value.constructor?.name ?? 'value'}`;
}

function quote(text: string): string {
  return text.length > 80 ? `'${text.slice(0, 80)}…'` : `'${text}'`;
}

/** What keeps a value from being JSON, `expected JSON, got … at …`; undefined for JSON. */
export function jsonProblem(value: unknown, path = '', parents: readonly unknown[] = []): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  const place = path === '' ? '' : ` at '${path.slice(1)}'`;
  if (!isPlain(value)) return `expected JSON, got ${describeValue(value)}${place}`;
  if (parents.includes(value)) return `expected JSON, got an object that contains itself${place}`;
  const inside = [...parents, value];
  for (const [key, part] of Object.entries(value)) {
    // JSON.stringify leaves such properties out; in a list it would write null.
    if (part === undefined && !Array.isArray(value)) continue;
    const problem = jsonProblem(part, `${path}.${key}`, inside);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm have their own Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
