const beyondSurrogates = /[\ud800-\uffff]/;

/** Compares as S3 sorts: by the bytes of UTF-8. JavaScript's own order differs where surrogates meet U+E000 and above. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (beyondSurrogates.test(a) && beyondSurrogates.test(b))
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

/** Sorts in place, in the order of {@link compareBytes}. */
export function sortByBytes(names: string[]): string[] {
  return names.some((name) => beyondSurrogates.test(name)) ? names.sort(compareBytes) : names.sort();
}
