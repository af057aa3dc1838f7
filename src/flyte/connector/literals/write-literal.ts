import { encode } from '@msgpack/msgpack';
import { SluiceError } from '../../../core/errors.ts';
import { describeValue } from '../../../core/json-problem.ts';
import type { Json } from '../../../graph/index.ts';
import type { Literal, LiteralMap, LiteralType, ProtoTime } from '../messages.ts';
import { jsonToStruct } from './struct.ts';

/** How dictionaries and dataclasses are written: as MessagePack, or as the Struct that all before flytekit 1.14 read. */
export type StructEncoding = 'msgpack' | 'generic';

/**
 * Values as the literals of the types that an interface declares.
 *
 * @throws SluiceError `OutputMissing` for a declared output without a value, `OutputInvalid` for one of another type
 */
export function writeLiterals(
  values: Readonly<Record<string, Json>>,
  types: Readonly<Record<string, LiteralType>>,
  encoding: StructEncoding,
): LiteralMap {
  const literals = Object.entries(types).map(([name, type]) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined && !takesNone(type)) throw missing(name, Object.keys(values));
    if (depthOf(value ?? null) > MOST_LEVELS) throw tooDeep(name);
    const literal = literalOf(value ?? null, type, encoding);
    if (!literal) throw wrongType(name, value ?? null, type);
    return [name, literal] as const;
  });
  return { literals: Object.fromEntries(literals) };
}

/** A message of protobuf may be nested a hundred levels, of which a level of a value takes two or three. */
const MOST_LEVELS = 30;

/** Levels of lists and objects, counted as far as {@link MOST_LEVELS} alone. */
function depthOf(value: Json, level = 0): number {
  if (typeof value !== 'object' || value === null || level > MOST_LEVELS) return level;
  let deepest = level;
  for (const each of Object.values(value)) deepest = Math.max(deepest, depthOf(each, level + 1));
  return deepest;
}

function tooDeep(name: string): SluiceError {
  return new SluiceError(
    'OutputInvalid',
    `The output '${name}' is nested deeper than ${MOST_LEVELS} levels.`,
    {
      hint: 'Return deeper data as a file, or as a text of JSON.',
    },
  );
}

function takesNone({ simple, unionType }: LiteralType): boolean {
  return simple === 'NONE' || (unionType?.variants ?? []).some(takesNone);
}

/** Undefined: the value is not of the type. */
function literalOf(value: Json, type: LiteralType, encoding: StructEncoding): Literal | undefined {
  const { simple, unionType, collectionType, mapValueType, enumType, blob } = type;
  if (unionType) return unionLiteral(value, unionType.variants ?? [], encoding);
  if (collectionType) return collectionLiteral(value, collectionType, encoding);
  if (mapValueType) return mapLiteral(value, mapValueType, encoding);
  if (simple !== undefined) return simpleLiteral(value, simple, encoding);
  if (typeof value !== 'string') return undefined;
  if (enumType)
    return (enumType.values ?? []).includes(value)
      ? { scalar: { primitive: { stringValue: value } } }
      : undefined;
  if (blob) return { scalar: { blob: { uri: value, metadata: { type: blob } } } };
  if (type.structuredDatasetType)
    return {
      scalar: {
        structuredDataset: {
          uri: value,
          metadata: { structuredDatasetType: type.structuredDatasetType },
        },
      },
    };
  return type.schema ? { scalar: { schema: { uri: value, type: type.schema } } } : undefined;
}

/** Of the first variant that the value is of. */
function unionLiteral(
  value: Json,
  variants: readonly LiteralType[],
  encoding: StructEncoding,
): Literal | undefined {
  for (const type of variants) {
    const literal = literalOf(value, type, encoding);
    if (literal) return { scalar: { union: { value: literal, type } } };
  }
  return undefined;
}

function collectionLiteral(value: Json, type: LiteralType, encoding: StructEncoding): Literal | undefined {
  if (!Array.isArray(value)) return undefined;
  const literals = (value as readonly Json[]).map((each) => literalOf(each, type, encoding));
  return literals.every((each) => each !== undefined) ? { collection: { literals } } : undefined;
}

function mapLiteral(value: Json, type: LiteralType, encoding: StructEncoding): Literal | undefined {
  if (!isObject(value)) return undefined;
  const literals: [string, Literal][] = [];
  for (const [key, each] of Object.entries(value)) {
    const literal = literalOf(each, type, encoding);
    if (!literal) return undefined;
    literals.push([key, literal]);
  }
  return { map: { literals: Object.fromEntries(literals) } };
}

function simpleLiteral(value: Json, simple: string, encoding: StructEncoding): Literal | undefined {
  switch (simple) {
    case 'NONE':
      return value === null ? { scalar: { noneType: {} } } : undefined;
    case 'STRING':
      return typeof value === 'string' ? { scalar: { primitive: { stringValue: value } } } : undefined;
    case 'BOOLEAN':
      return typeof value === 'boolean' ? { scalar: { primitive: { boolean: value } } } : undefined;
    case 'INTEGER':
      return Number.isSafeInteger(value) ? { scalar: { primitive: { integer: String(value) } } } : undefined;
    case 'FLOAT':
      return typeof value === 'number' ? { scalar: { primitive: { floatValue: value } } } : undefined;
    case 'DATETIME':
      return timeLiteral(value, 'datetime');
    case 'DURATION':
      return timeLiteral(value, 'duration');
    case 'STRUCT':
      return structLiteral(value, encoding);
    default:
      return undefined;
  }
}

function timeLiteral(value: Json, kind: 'datetime' | 'duration'): Literal | undefined {
  const ms = kind === 'duration' ? Number(value) * 1000 : Date.parse(String(value));
  if (typeof value !== (kind === 'duration' ? 'number' : 'string') || !Number.isFinite(ms)) return undefined;
  return { scalar: { primitive: { [kind]: protoTime(ms) } } };
}

/** @param ms milliseconds */
export function protoTime(ms: number): ProtoTime {
  const seconds = Math.floor(ms / 1000);
  return { seconds: String(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** A Struct is an object; MessagePack may be any value. */
function structLiteral(value: Json, encoding: StructEncoding): Literal | undefined {
  if (encoding === 'msgpack')
    return { scalar: { binary: { value: Buffer.from(encode(value)), tag: 'msgpack' } } };
  return isObject(value) ? { scalar: { generic: jsonToStruct(value) } } : undefined;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missing(name: string, made: readonly string[]): SluiceError {
  return new SluiceError('OutputMissing', `The task declares an output '${name}', which it has not made.`, {
    hint: `It has made: ${made.join(', ') || 'nothing'}. Name one for it in custom.outputs.`,
  });
}

function wrongType(name: string, value: Json, type: LiteralType): SluiceError {
  return new SluiceError(
    'OutputInvalid',
    `The output '${name}' is declared as ${describeType(type)}; the task has made ${describeValue(value)}.`,
    { hint: 'Declare it as what it is, or name another one for it in custom.outputs.' },
  );
}

function describeType({
  simple,
  enumType,
  blob,
  collectionType,
  mapValueType,
  unionType,
}: LiteralType): string {
  if (simple !== undefined) return simple;
  if (enumType) return `one of ${(enumType.values ?? []).join(', ')}`;
  if (blob) return blob.dimensionality === 'MULTIPART' ? 'a directory' : 'a file';
  if (collectionType) return `a list of ${describeType(collectionType)}`;
  if (mapValueType) return `a map of ${describeType(mapValueType)}`;
  if (unionType) return (unionType.variants ?? []).map(describeType).join(' or ');
  return 'a dataset';
}
