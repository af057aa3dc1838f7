/**
 * JSON with the members of objects in the order of their names and nothing between: the same text for the same value,
 * whoever writes it. Members that are undefined are left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785 JSON Canonicalization Scheme
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  // UTF-16 code units, as RFC 8785 sorts.
  for (const name of Object.keys(members).sort()) {
    if (members[name] === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(members[name])}`;
  }
  return `{${text}}`;
}
