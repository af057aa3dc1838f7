/** A text as one word of a shell, as Python's `shlex.quote` writes it. */
export function quoteForShell(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
