/** A JSON value in which each number keeps its own text: `1.0` stays `1.0`, and no digit of an id is lost. */
export type ExactJson =
  | null
  | boolean
  | string
  | ExactNumber
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/** A number as it was written. */
export interface ExactNumber {
  readonly rawJSON: string;
}

interface ExactJsonApi {
  rawJSON(text: string): ExactNumber;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}

const json = JSON as unknown as ExactJsonApi;

/** Reads JSON; `JSON.stringify` writes it back with the same numbers. @throws SyntaxError */
export function parseExactJson(text: string): ExactJson {
  const revive = (_key: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' && context.source !== undefined ? json.rawJSON(context.source) : value;
  return json.parse(text, revive) as ExactJson;
}
