import type { Json, PropertyFile, Variable, VariableType } from '../graph/index.ts';

declare const valueType: unique symbol;

/** A typed input or output: its {@link Variable}, with the TypeScript type of its values. */
export interface VariableOf<Kind extends VariableType, Value, Optional extends boolean = boolean> {
  readonly kind: 'variable';
  readonly variable: Variable & { readonly type: Kind };
  /** True when the input may be left out. */
  readonly optional: Optional;
  /** For the compiler alone. */
  readonly [valueType]?: Value;
}

/** A {@link PropertyFile} with the TypeScript type of what it holds. */
export interface PropertyFileOf<Value> extends PropertyFile {
  readonly kind: 'property-file';
  readonly [valueType]?: Value;
}

/** Any typed input or output. */
export type AnyVariable = VariableOf<VariableType, unknown>;

/** What an input or output may say of itself. */
export interface VariableOptions<Value> {
  /** Inputs only: the value where none is given. */
  readonly default?: Value;
  readonly description?: string;
  /** Inputs only: false lets it be left out without a default. @default true */
  readonly required?: boolean;
}

type OptionalOf<Options> = Options extends { readonly default: unknown }
  ? true
  : Options extends { readonly required: false }
    ? true
    : false;

/** A text. */
export function string<const Options extends VariableOptions<string>>(
  options?: Options,
): VariableOf<'string', string, OptionalOf<Options>> {
  return variable('string', options);
}

/** A whole number. */
export function integer<const Options extends VariableOptions<number>>(
  options?: Options,
): VariableOf<'integer', number, OptionalOf<Options>> {
  return variable('integer', options);
}

/** A number. */
export function float<const Options extends VariableOptions<number>>(
  options?: Options,
): VariableOf<'float', number, OptionalOf<Options>> {
  return variable('float', options);
}

/** True or false. */
export function boolean<const Options extends VariableOptions<boolean>>(
  options?: Options,
): VariableOf<'boolean', boolean, OptionalOf<Options>> {
  return variable('boolean', options);
}

/** A place of data: `s3://bucket/key`, `file:///path`, or a path relative to the file that says it. */
export function uri<const Options extends VariableOptions<string>>(
  options?: Options,
): VariableOf<'uri', string, OptionalOf<Options>> {
  return variable('uri', options);
}

/** A JSON file in an output of a processing task, as a typed output of the task. SageMaker Pipelines' PropertyFile. */
export function json<Value = Json>(propertyFile: PropertyFile): PropertyFileOf<Value>;
/** Any JSON value, with a TypeScript type of its own. */
export function json<Value = Json>(
  options: VariableOptions<Value> & ({ readonly default: Value } | { readonly required: false }),
): VariableOf<'json', Value, true>;
export function json<Value = Json>(options?: VariableOptions<Value>): VariableOf<'json', Value, false>;
export function json(
  options: VariableOptions<unknown> | PropertyFile = {},
): VariableOf<'json', unknown> | PropertyFileOf<unknown> {
  if ('outputName' in options) return { kind: 'property-file', ...options };
  return variable('json', options);
}

function variable<Kind extends VariableType, Value, Optional extends boolean>(
  type: Kind,
  options: VariableOptions<unknown> = {},
): VariableOf<Kind, Value, Optional> {
  const { required, description, default: value } = options;
  return {
    kind: 'variable',
    variable: {
      type,
      ...(description !== undefined && { description }),
      ...(required !== undefined && { required }),
      ...(value !== undefined && { default: value as Json }),
    },
    optional: (value !== undefined || required === false) as Optional,
  };
}
