import {
  isRequired,
  type Json,
  sparkOf,
  type Task,
  type Variable,
  type VariableType,
} from '../../../graph/index.ts';
import { writeLiterals } from '../../connector/literals/write-literal.ts';
import type { Literal, LiteralType } from '../../connector/messages.ts';
import type { FlyteVariable } from './messages.ts';

const simpleTypes: Readonly<Record<VariableType, string>> = {
  string: 'STRING',
  uri: 'STRING',
  integer: 'INTEGER',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  json: 'STRUCT',
};

/** The tags that flytekit's transformers give the variants of a union. */
const tags: Readonly<Record<VariableType, string>> = {
  string: 'str',
  uri: 'str',
  integer: 'int',
  float: 'float',
  boolean: 'bool',
  json: 'protobuf struct',
};

/** The Flyte type of values of a type. A place of data is text, as authors of flytekit write it. */
export function flyteType(type: VariableType): LiteralType {
  return { simple: simpleTypes[type] };
}

/** The Flyte variable of an input or output; one that may be left out is flytekit's `Optional[…]`. */
export function flyteVariable(variable: Variable): FlyteVariable {
  const { type, description } = variable;
  const mayMiss = !isRequired(variable) && variable.default === undefined;
  return {
    type: mayMiss ? optionalType(type) : flyteType(type),
    ...(description !== undefined && { description }),
  };
}

function optionalType(type: VariableType): LiteralType {
  const some = { ...flyteType(type), structure: { tag: tags[type] } };
  return { unionType: { variants: [some, { simple: 'NONE', structure: { tag: 'none' } }] } };
}

/** A value of a type as a literal. */
export function flyteLiteral(value: Json, type: VariableType): Literal {
  const { literals } = writeLiterals({ value }, { value: flyteType(type) }, 'msgpack');
  return literals?.['value'] as Literal;
}

/** The literal of a value that was left out. */
export const NONE: Literal = { scalar: { noneType: {} } };

/** The task type under which the connector takes a task. */
export function flyteTaskType(task: Exclude<Task, { type: 'function' }>): string {
  return task.type === 'processing' && sparkOf(task) ? 'sluice_spark' : `sluice_${task.type}`;
}
