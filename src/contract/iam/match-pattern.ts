/** What stands in a pattern for a `*` and a `?` that mean themselves. */
const LITERALS = { '*': '\uE000', '?': '\uE001' } as const;

/** A text as a part of a pattern in which nothing is a wildcard: the value of a variable. */
export function literal(text: string): string {
  return text.replaceAll(/[*?]/g, (character) => LITERALS[character as '*' | '?']);
}

/** The text of a pattern, where it is no pattern. */
export function plainText(pattern: string): string {
  return pattern.replaceAll(LITERALS['*'], '*').replaceAll(LITERALS['?'], '?');
}

/** Whether a text fits a pattern in which `*` is any text and `?` any character. Linear in practice, never exponential. */
export function matchPattern(pattern: string, text: string): boolean {
  let [p, t, star, marked] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') [star, marked, p] = [p, t, p + 1];
    else if (p < pattern.length && (pattern[p] === '?' || plainText(pattern[p] as string) === text[t]))
      [p, t] = [p + 1, t + 1];
    else if (star >= 0) [p, marked, t] = [star + 1, marked + 1, marked + 1];
    else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** The same for ARNs, whose first five parts are compared one by one. */
export function matchArn(pattern: string, arn: string): boolean {
  const [wanted, given] = [parts(pattern), parts(arn)];
  if (!wanted || !given) return false;
  return wanted.every((part, index) => matchPattern(part, given[index] as string));
}

function parts(arn: string): string[] | undefined {
  const all = arn.split(':');
  return all.length < 6 ? undefined : [...all.slice(0, 5), all.slice(5).join(':')];
}
