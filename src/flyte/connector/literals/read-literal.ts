import { decode } from '@msgpack/msgpack';
import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { Literal, LiteralMap, ProtoTime, Scalar } from '../messages.ts';
import { structToJson } from './struct.ts';

/** How deep a literal may be nested: reading it must not exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * The values of a LiteralMap, by name.
 *
 * Dictionaries and dataclasses are read in both encodings: `generic`, a Struct, and `binary`, MessagePack, which flytekit
 * writes since 1.14. Places of data are their URIs.
 *
 * @throws SluiceError `InvalidArgument` that names the input
 */
export function readLiterals(map: LiteralMap | undefined): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(map?.literals ?? {}).map(([name, literal]) => [name, readLiteral(literal, name)]),
  );
}

/** The value of one literal. @param name whose it is, for messages @throws SluiceError `InvalidArgument` */
export function readLiteral(literal: Literal, name: string, depth = 0): Json {
  if (depth > MAX_DEPTH) throw wrong(name, `it is nested deeper than ${MAX_DEPTH} levels`);
  const { scalar, collection, map, offloadedMetadata } = literal;
  if (scalar) return readScalar(scalar, name, depth);
  if (collection) return (collection.literals ?? []).map((each) => readLiteral(each, name, depth + 1));
  if (map) {
    const entries = Object.entries(map.literals ?? {});
    return Object.fromEntries(entries.map(([key, each]) => [key, readLiteral(each, name, depth + 1)]));
  }
  if (offloadedMetadata) throw wrong(name, `its value was offloaded to ${offloadedMetadata.uri ?? 'a file'}`);
  throw wrong(name, 'it has no value');
}

function readScalar(scalar: Scalar, name: string, depth: number): Json {
  const { primitive, blob, schema, structuredDataset, binary, generic, union, noneType, error } = scalar;
  if (primitive) return readPrimitive(primitive, name);
  const place = blob ?? schema ?? structuredDataset;
  if (place) return place.uri ?? '';
  if (generic) return structToJson(generic);
  if (union?.value) return readLiteral(union.value, name, depth + 1);
  if (noneType) return null;
  if (error) throw wrong(name, `the task before it has failed: ${error.message ?? ''}`);
  if (binary) return readBinary(binary.value ?? Buffer.alloc(0), binary.tag ?? '', name);
  throw wrong(name, 'it is of a type that this connector does not know');
}

function readPrimitive(primitive: NonNullable<Scalar['primitive']>, name: string): Json {
  const { integer, floatValue, stringValue, boolean, datetime, duration } = primitive;
  if (integer !== undefined) {
    const value = Number(integer);
    if (!Number.isSafeInteger(value))
      throw wrong(name, `${integer} is beyond what JSON numbers hold exactly`);
    return value;
  }
  if (floatValue !== undefined) {
    if (!Number.isFinite(floatValue)) throw wrong(name, `${floatValue} is no number of JSON`);
    return floatValue;
  }
  if (datetime) return readTime(datetime, name);
  if (duration) return milliseconds(duration) / 1000;
  return stringValue ?? boolean ?? null;
}

function readTime(time: ProtoTime, name: string): string {
  const date = new Date(milliseconds(time));
  if (Number.isNaN(date.getTime())) throw wrong(name, `${time.seconds} s is beyond the dates that there are`);
  return date.toISOString();
}

function milliseconds({ seconds = '0', nanos = 0 }: ProtoTime): number {
  return Number(seconds) * 1000 + nanos / 1e6;
}

function readBinary(value: Buffer, tag: string, name: string): Json {
  if (tag !== 'msgpack') throw wrong(name, `it is binary data of the form '${tag}'`);
  try {
    // What JSON cannot hold comes out as text or is refused: a task's inputs are JSON.
    return JSON.parse(JSON.stringify(decode(value))) as Json;
  } catch (error) {
    throw wrong(name, `its MessagePack cannot be read: ${(error as Error).message}`);
  }
}

function wrong(name: string, problem: string): SluiceError {
  return new SluiceError('InvalidArgument', `The input '${name}' cannot be read: ${problem}.`, {
    hint: 'Give a string, number, boolean, dictionary, dataclass, list, file or directory.',
  });
}
