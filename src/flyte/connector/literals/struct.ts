import type { Json } from '../../../graph/index.ts';
import type { ProtoStruct, ProtoValue } from '../messages.ts';

/** A Struct as JSON. Its numbers are doubles: whole ones are integers again. */
export function structToJson(struct: ProtoStruct | undefined): { readonly [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(struct?.fields ?? {}).map(([key, value]) => [key, valueToJson(value)]),
  );
}

function valueToJson(value: ProtoValue): Json {
  if (value.structValue) return structToJson(value.structValue);
  if (value.listValue) return (value.listValue.values ?? []).map(valueToJson);
  return value.stringValue ?? value.numberValue ?? value.boolValue ?? null;
}

/** JSON as a Struct. */
export function jsonToStruct(json: { readonly [key: string]: Json }): ProtoStruct {
  return {
    fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, jsonToValue(value)])),
  };
}

function jsonToValue(json: Json): ProtoValue {
  if (json === null) return { nullValue: 'NULL_VALUE' };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(jsonToValue) } };
  return { structValue: jsonToStruct(json as { readonly [key: string]: Json }) };
}
