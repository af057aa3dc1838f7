/** A policy of IAM, as its JSON is read: single values are lists of one. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

/** One statement. Of each pair one is there. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly action: readonly string[] | undefined;
  readonly notAction: readonly string[] | undefined;
  readonly resource: readonly string[] | undefined;
  readonly notResource: readonly string[] | undefined;
  /** Of trust policies: `{ Service: ['sagemaker.amazonaws.com'] }`; `*` is `{ '*': ['*'] }`. */
  readonly principal: Readonly<Record<string, readonly string[]>> | undefined;
  readonly notPrincipal: Readonly<Record<string, readonly string[]>> | undefined;
  /** By operator, then by key. */
  readonly condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Reads a policy that was validated before. */
export function parsePolicy(document: string): PolicyDocument {
  const { Statement: statements } = JSON.parse(document) as { readonly Statement: Raw | readonly Raw[] };
  return { statements: ([] as Raw[]).concat(statements).map(parseStatement) };
}

type Raw = Readonly<Record<string, unknown>>;

function parseStatement(raw: Raw): Statement {
  const conditions = Object.entries((raw['Condition'] ?? {}) as Record<string, Raw>);
  return {
    sid: raw['Sid'] as string | undefined,
    effect: raw['Effect'] as 'Allow' | 'Deny',
    action: texts(raw['Action']),
    notAction: texts(raw['NotAction']),
    resource: texts(raw['Resource']),
    notResource: texts(raw['NotResource']),
    principal: principals(raw['Principal']),
    notPrincipal: principals(raw['NotPrincipal']),
    condition: Object.fromEntries(
      conditions.map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, texts(values) ?? []])),
      ]),
    ),
  };
}

function texts(value: unknown): readonly string[] | undefined {
  return value === undefined ? undefined : ([] as unknown[]).concat(value).map(String);
}

function principals(value: unknown): Readonly<Record<string, readonly string[]>> | undefined {
  if (value === undefined) return undefined;
  if (value === '*') return { '*': ['*'] };
  return Object.fromEntries(
    Object.entries(value as Raw).map(([type, names]) => [type, texts(names) as readonly string[]]),
  );
}
