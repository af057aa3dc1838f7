const translated = new Map<string, string>();
/** Texts that an operation may have: their number is bounded, for they do not hold values. */
const MOST = 1000;

/** SQL with `?` for parameters as PostgreSQL has it, with `$1`, `$2`, …. What stands in quotes or comments stays. */
export function translate(sql: string): string {
  const known = translated.get(sql);
  if (known !== undefined) return known;
  if (translated.size >= MOST) translated.clear();
  let count = 0;
  const text = sql.replace(/'[^']*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g, (part) =>
    part === '?' ? `$${++count}` : part,
  );
  translated.set(sql, text);
  return text;
}
