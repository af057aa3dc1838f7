import type { Binding, Json, VariableType } from '../graph/index.ts';
import type { AnyVariable, VariableOf } from './variables.ts';

declare const valueType: unique symbol;

/**
 * A value that a run will have: a workflow input or an output of a task. Give it to a task's inputs or return it
 * from the workflow; it cannot be looked into while the graph is built.
 */
export class Reference<Kind extends VariableType = VariableType, Value = unknown> {
  declare readonly [valueType]: Value;
  /** @internal */
  readonly binding: Binding;
  readonly type: Kind;
  /** The workflow under construction that it belongs to. @internal */
  readonly owner: object;

  constructor(owner: object, type: Kind, binding: Binding) {
    this.owner = owner;
    this.type = type;
    this.binding = binding;
  }

  /** Templates and `+` cannot hold a value that is not there yet. */
  [Symbol.toPrimitive](): never {
    const name = JSON.stringify(this.binding);
    throw new TypeError(
      `${name} has no value while the graph is built: pass it to a task as it is, and compute inside a task().`,
    );
  }
}

/** The kinds of references that an input of a kind takes. */
interface Accepts {
  readonly string: 'string' | 'uri';
  readonly integer: 'integer';
  readonly float: 'float' | 'integer';
  readonly boolean: 'boolean';
  readonly uri: 'uri';
  readonly json: VariableType;
}

/** What may be given to an input: a reference, a literal, or for JSON a mixture of both. */
export type InputValue<Kind extends VariableType, Value> =
  | Reference<Accepts[Kind], Value>
  | (Kind extends 'json' ? Mixed<Value> : Value);

/** A JSON value any part of which may be a reference. */
export type Mixed<Value> =
  | Reference<VariableType, Value>
  | (Value extends readonly (infer Item)[]
      ? readonly Mixed<Item>[]
      : Value extends object
        ? { readonly [Key in keyof Value]: Mixed<Value[Key]> }
        : Value);

/** JSON with references in it. */
export type MixedJson = Json | Reference | readonly MixedJson[] | { readonly [key: string]: MixedJson };

/** The reference to a value of a variable. */
export type ReferenceOf<Spec extends AnyVariable> =
  Spec extends VariableOf<infer Kind, infer Value> ? Reference<Kind, Value> : never;

/** The plain value of a variable, as functions get it. */
export type ValueOf<Spec extends AnyVariable> =
  Spec extends VariableOf<VariableType, infer Value> ? Value : never;

type OptionalNames<Specs> = {
  [Name in keyof Specs]: Specs[Name] extends VariableOf<VariableType, unknown, true> ? Name : never;
}[keyof Specs];

type InputOf<Spec> = Spec extends VariableOf<infer Kind, infer Value> ? InputValue<Kind, Value> : never;

/** What a call gives for declared inputs; those with a default may be left out. */
export type InputsOf<Specs extends Readonly<Record<string, AnyVariable>>> = {
  readonly [Name in Exclude<keyof Specs, OptionalNames<Specs>>]: InputOf<Specs[Name]>;
} & { readonly [Name in OptionalNames<Specs>]?: InputOf<Specs[Name]> };

/** References to all of some variables. */
export type ReferencesOf<Specs extends Readonly<Record<string, AnyVariable>>> = {
  readonly [Name in keyof Specs]: ReferenceOf<Specs[Name]>;
};

/** Plain values of some variables. */
export type ValuesOf<Specs extends Readonly<Record<string, AnyVariable>>> = {
  -readonly [Name in keyof Specs]: ValueOf<Specs[Name]>;
};
