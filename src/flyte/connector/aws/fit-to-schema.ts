import { NormalizedSchema } from '@smithy/core/schema';
import type { Schema } from '@smithy/types';
import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';

/** A value as the clients of AWS take it. */
type Fitted = Json | Date | Uint8Array | readonly Fitted[] | { readonly [name: string]: Fitted };

/**
 * A request in the types of the operation: what flytekit wrote as JSON has lost which number is whole, and a placeholder
 * puts a number where a text is wanted. Absent members are left to the service to miss. Pure.
 *
 * @throws SluiceError `InvalidArgument` for a member that the operation does not have, or of another type
 */
export function fitToSchema(
  schema: Schema,
  request: Json,
  operation: string,
): Readonly<Record<string, unknown>> {
  const root = NormalizedSchema.of(schema);
  if (!isRecord(request)) throw mistyped(operation, '', request, 'a dictionary');
  return fitStruct(root, request, { operation, path: '' });
}

interface Place {
  readonly operation: string;
  readonly path: string;
}

function fit(schema: NormalizedSchema, value: Json, place: Place): Fitted {
  if (schema.isStructSchema() || schema.isMapSchema() || schema.isListSchema())
    return fitContainer(schema, parsed(value), place);
  if (schema.isDocumentSchema()) return value;
  return fitScalar(schema, value, place);
}

function fitContainer(schema: NormalizedSchema, value: Json, place: Place): Fitted {
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw mistyped(place.operation, place.path, value, 'a list');
    const member = schema.getValueSchema();
    return value.map((each, index) => fit(member, each, under(place, `[${index}]`)));
  }
  if (!isRecord(value)) throw mistyped(place.operation, place.path, value, 'a dictionary');
  if (schema.isStructSchema()) return fitStruct(schema, value, place);
  const member = schema.getValueSchema();
  return Object.fromEntries(
    present(value).map(([key, each]) => [key, fit(member, each, under(place, `.${key}`))]),
  );
}

function fitStruct(
  schema: NormalizedSchema,
  value: Readonly<Record<string, Json>>,
  place: Place,
): { readonly [name: string]: Fitted } {
  const members = schema.getMemberSchemas();
  return Object.fromEntries(
    present(value).map(([name, each]) => {
      const member = members[name];
      if (member) return [name, fit(member, each, under(place, `.${name}`))];
      throw new SluiceError('InvalidArgument', `${place.operation}${place.path} has no member '${name}'.`, {
        hint: `Expected: ${Object.keys(members).sort().join(', ')}.`,
      });
    }),
  );
}

function fitScalar(schema: NormalizedSchema, value: Json, place: Place): Fitted {
  if (schema.isBooleanSchema()) {
    if (typeof value === 'boolean') return value;
    throw mistyped(place.operation, place.path, value, 'true or false');
  }
  if (schema.isNumericSchema()) {
    if (typeof value === 'number') return value;
    throw mistyped(place.operation, place.path, value, 'a number');
  }
  if (schema.isTimestampSchema()) {
    const time = typeof value === 'number' ? new Date(value * 1000) : new Date(String(value));
    if (!Number.isNaN(time.getTime())) return time;
    throw mistyped(place.operation, place.path, value, 'a time, 2026-01-02T03:04:05Z');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !schema.isStringSchema())
    throw mistyped(place.operation, place.path, value, 'a text');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return schema.isBlobSchema() ? Buffer.from(text) : text;
}

/** A dictionary or list that came as text: how an input of type `dict` stands in a configuration. */
function parsed(value: Json): Json {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/** What is null is absent, as `None` is for whoever leaves a parameter out. */
function present(value: Readonly<Record<string, Json>>): [string, Json][] {
  return Object.entries(value).filter(([, each]) => each !== null);
}

function under({ operation, path }: Place, member: string): Place {
  return { operation, path: `${path}${member}` };
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> & Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mistyped(operation: string, path: string, value: Json, expected: string): SluiceError {
  const shown = JSON.stringify(value).slice(0, 100);
  return new SluiceError('InvalidArgument', `${operation}${path} has to be ${expected}, got ${shown}.`, {
    hint: 'Change the task’s configuration, or the input that stands there.',
  });
}
