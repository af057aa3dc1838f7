import { suggest } from '../../../core/suggest.ts';
import { FACTS, type Fact, type FactName, factOf, isFactName } from '../fact-table.ts';
import type { Comparator, Expression } from './expression.ts';
import { type Token, tokenize } from './tokens.ts';
import { inUnitOf } from './units.ts';

const COMPARATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** What `a < b` is the other way round. */
const MIRRORED: Readonly<Record<string, Comparator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** How deep parentheses and `not` may be nested. */
const MAX_DEPTH = 50;

const MAX_LENGTH = 2000;

/**
 * Reads an expression over facts: `requires_gpu and duration > 3600`, `framework in ['spark', 'pytorch']`,
 * `not (data_size < 1 GB or job_type == 'training')`. Nothing of it is ever run as code.
 *
 * @throws Error that says what is wrong, and with what
 */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH) throw new Error(`it has more than ${MAX_LENGTH} characters`);
  const parser = new Parser(tokenize(text));
  return parser.all();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  all(): Expression {
    const expression = this.#or();
    const { kind, text } = this.#peek();
    if (kind === 'end') return expression;
    if (COMPARATORS.has(text)) throw new Error(`two comparisons in one, '${text}': write a < x and x < b`);
    throw new Error(`expected 'and', 'or' or the end, got '${text}'`);
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('or')) left = { type: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#take('and')) left = { type: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (++this.#depth > MAX_DEPTH) throw new Error(`it is nested deeper than ${MAX_DEPTH} levels`);
    try {
      if (this.#take('not')) return { type: 'not', of: this.#not() };
      if (!this.#take('(')) return this.#comparison();
      const inner = this.#or();
      this.#expect(')');
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Expression {
    const token = this.#shift();
    if (token.kind === 'name' && (token.text === 'true' || token.text === 'false'))
      return { type: 'constant', value: token.text === 'true' };
    if (token.kind === 'name') return this.#ofFact(factNamed(token.text));
    if (token.kind !== 'number' && token.kind !== 'text')
      throw new Error(`expected a fact, got ${token.kind === 'end' ? 'the end' : `'${token.text}'`}`);
    const by = this.#shift();
    if (!COMPARATORS.has(by.text)) throw new Error(`'${token.text}' is compared with nothing`);
    const name = factNamed(this.#shift().text);
    return comparison(name, MIRRORED[by.text] as Comparator, token);
  }

  #ofFact(name: FactName): Expression {
    const { text } = this.#peek();
    if (COMPARATORS.has(text)) {
      this.#next++;
      return comparison(name, text as Comparator, this.#shift());
    }
    if (this.#take('in')) return this.#isIn(name);
    if (text === 'not' && this.#tokens[this.#next + 1]?.text === 'in') {
      this.#next += 2;
      return { type: 'not', of: this.#isIn(name) };
    }
    if (factOf(name).kind === 'boolean') return { type: 'fact', name };
    throw new Error(`'${name}' is ${kindText(factOf(name))}: compare it with something`);
  }

  #isIn(name: FactName): Expression {
    const close = this.#take('(') ? ')' : (this.#expect('['), ']');
    const values: (string | number)[] = [];
    do {
      const value = valueFor(name, '==', this.#shift());
      if (typeof value === 'boolean') throw new Error(`'${name}' is true or false: it needs no list`);
      values.push(value);
    } while (this.#take(','));
    this.#expect(close);
    return { type: 'in', name, values };
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #shift(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #take(text: string): boolean {
    const token = this.#peek();
    if (token.text !== text || token.kind === 'text' || token.kind === 'end') return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (this.#take(text)) return;
    throw new Error(
      `expected '${text}', got ${this.#peek().kind === 'end' ? 'the end' : `'${this.#peek().text}'`}`,
    );
  }
}

function factNamed(name: string): FactName {
  if (isFactName(name)) return name;
  throw new Error(`there is no fact '${name}'. ${suggest(name, Object.keys(FACTS))}`);
}

function comparison(name: FactName, by: Comparator, token: Token): Expression {
  return { type: 'compare', name, by, value: valueFor(name, by, token) };
}

/** What a fact may be compared with. @throws Error that names both */
function valueFor(name: FactName, by: Comparator, token: Token): string | number | boolean {
  const fact = factOf(name);
  const got = token.kind === 'end' ? 'the end' : `'${token.text}'`;
  if (token.kind === 'name' && isFactName(token.text))
    throw new Error(`'${name}' is compared with '${token.text}': a fact is compared with a value`);
  if (fact.kind === 'number') {
    if (token.kind !== 'number') throw new Error(`'${name}' is ${kindText(fact)}, got ${got}`);
    return withContext(name, () => inUnitOf(Number(token.text), token.unit, fact.unit));
  }
  if (by !== '==' && by !== '!=') throw new Error(`'${name}' is ${kindText(fact)}: '${by}' is for numbers`);
  if (fact.kind === 'boolean') {
    if (token.kind === 'name' && /^(true|false)$/.test(token.text)) return token.text === 'true';
    throw new Error(`'${name}' is ${kindText(fact)}, got ${got}`);
  }
  if (token.kind !== 'text')
    throw new Error(`'${name}' is ${kindText(fact)}: put its value in quotes, got ${got}`);
  if (fact.values && !fact.values.includes(token.text))
    throw new Error(`'${name}' is never ${got}. ${suggest(token.text, fact.values)}`);
  return name === 'framework' && token.text === 'sklearn' ? 'scikit-learn' : token.text;
}

function withContext<Value>(name: string, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw new Error(`'${name}': ${(error as Error).message}`, { cause: error });
  }
}

function kindText(fact: Fact): string {
  if (fact.kind === 'boolean') return 'true or false';
  return fact.kind === 'number' ? 'a number' : 'a text';
}
