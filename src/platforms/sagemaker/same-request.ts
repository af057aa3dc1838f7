/** Members that no Describe answers with. */
const NOT_DESCRIBED: ReadonlySet<string> = new Set(['Tags']);

/**
 * The members in which a job that exists is not the one that was asked for. What the service has filled in beside does not
 * count. Pure.
 */
export function differingMembers(request: object, description: object): string[] {
  return Object.entries(request)
    .filter(([name, value]) => !NOT_DESCRIBED.has(name) && !covers(memberOf(description, name), value))
    .map(([name]) => name);
}

function covers(described: unknown, asked: unknown): boolean {
  if (isNothing(asked)) return isNothing(described);
  if (Array.isArray(asked)) {
    return (
      Array.isArray(described) &&
      described.length === asked.length &&
      asked.every((each, index) => covers(described[index], each))
    );
  }
  if (typeof asked !== 'object' || asked === null) return described === asked;
  if (typeof described !== 'object' || described === null) return false;
  return Object.entries(asked).every(([name, value]) => covers(memberOf(described, name), value));
}

function memberOf(value: object, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** Described or not, it says the same. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === 'object' && Object.values(value).every(isNothing);
}
