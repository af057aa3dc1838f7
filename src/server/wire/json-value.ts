/** A value as AWS's JSON services send it: times as seconds since 1970, bytes in base64, nothing that is absent. */
export function toJsonValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJsonValue);
  const entries = Object.entries(value).map(([key, each]) => [key, toJsonValue(each)] as const);
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}
