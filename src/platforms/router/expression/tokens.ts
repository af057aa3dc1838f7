/** A part of an expression's text. */
export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'operator' | 'end';
  readonly text: string;
  /** Of a number: what follows it, `GB`. */
  readonly unit?: string;
  /** Where it begins, characters. */
  readonly at: number;
}

const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:\s*(?<unit>(?!(?:and|or|in|not)\b)[A-Za-z]+))?|(?<name>[A-Za-z_]\w*)|(?<text>'[^']*'|"[^"]*")|(?<operator>==|!=|<=|>=|&&|\|\||[<>!=(),[\]]))/y;

/** What is meant by what users of other languages write. */
const SAME: Readonly<Record<string, Token>> = {
  '&&': { kind: 'name', text: 'and', at: 0 },
  '||': { kind: 'name', text: 'or', at: 0 },
  '!': { kind: 'name', text: 'not', at: 0 },
  '=': { kind: 'operator', text: '==', at: 0 },
};

/** Cuts an expression into its parts, the last of which is its end. @throws Error that says where it is wrong */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; text.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new Error(`'${text.slice(at).trim().slice(0, 20)}' cannot be read`);
    tokens.push(tokenOf(groups, at));
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, at: number): Token {
  const { number, unit, name, text, operator = '' } = groups;
  if (number !== undefined) return { kind: 'number', text: number, at, ...(unit !== undefined && { unit }) };
  if (name !== undefined) return { kind: 'name', text: name, at };
  if (text !== undefined) return { kind: 'text', text: text.slice(1, -1), at };
  const same = SAME[operator];
  return same ? { ...same, at } : { kind: 'operator', text: operator, at };
}
