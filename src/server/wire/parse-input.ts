/**
 * The JSON of a request as the values of its operation's input.
 *
 * Source: the behaviour of AWS's JSON services. A value of the wrong JSON type is a SerializationException before
 * anything else is checked; null is the same as absent; a member that the model does not name is ignored.
 * Gaps: AWS documents none of the texts, and none was seen in an answer of SageMaker. Those for scalars
 * (`NUMBER_VALUE can not be converted to a String`) and for `Start of …` have the form that other JSON services of AWS
 * are known for; those for a scalar in place of a structure, list or map and for a body that is no JSON are ours.
 * By design: a member that is ignored is reported, because it is a typing slip as a rule.
 */
import { AwsError } from './aws-error.ts';
import type { ServiceModel, Shape, ShapeType } from './model/service-model.ts';
import { parseTime } from './parse-time.ts';

/** A structure of an input. Timestamps are Dates, blobs Buffers. */
export type InputStructure = Record<string, unknown>;

/** What a request says. */
export interface ParsedInput {
  readonly value: InputStructure;
  /** Paths of members that the model does not name: `OutputDataConfig.S3OutputPaht`. */
  readonly unknownMembers: readonly string[];
}

/** No input of SageMaker nests this deep; the limit keeps hostile ones from the stack's end. */
const MAX_DEPTH = 64;

/** Members that the model does not name may nest too; far below what hurts. */
const MAX_JSON_DEPTH = 1000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

const JAVA_TYPES: Partial<Record<ShapeType, string>> = {
  string: 'a String',
  integer: 'an Integer',
  long: 'a Long',
  float: 'a Float',
  double: 'a Double',
  boolean: 'a Boolean',
  timestamp: 'a Date',
  blob: 'a ByteBuffer',
};

/** Holds an input against the types of its operation's model. @throws AwsError `SerializationException` */
export function parseInput(model: ServiceModel, shape: string | undefined, json: unknown): ParsedInput {
  const unknownMembers: string[] = [];
  const parser = new InputParser(model, unknownMembers);
  if (shape === undefined) return { value: {}, unknownMembers };
  if (json === null) return { value: {}, unknownMembers };
  const value = parser.parse(shape, json) as InputStructure;
  return { value, unknownMembers };
}

/** The body of a JSON request. An empty one is an empty structure. @throws AwsError `SerializationException` */
export function parseJson(body: string): unknown {
  if (body.trim() === '') return {};
  if (isTooDeep(body)) throw serializationError('The request is nested too deep.');
  try {
    return JSON.parse(body);
  } catch {
    throw serializationError('The request body is not valid JSON.');
  }
}

/** JSON.parse takes seconds, and much memory, for millions of brackets. */
function isTooDeep(body: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < body.length; index++) {
    const code = body.charCodeAt(index);
    if (code === QUOTE) inString = !inString;
    else if (inString) index += code === BACKSLASH ? 1 : 0;
    else if (code === BRACKET || code === BRACE) depth++;
    else if (code === BRACKET + 2 || code === BRACE + 2) depth--;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}

class InputParser {
  readonly #model: ServiceModel;
  readonly #unknownMembers: string[];
  /** Where the parser is, with a dot or a bracket before each step. */
  readonly #path: string[] = [];

  constructor(model: ServiceModel, unknownMembers: string[]) {
    this.#model = model;
    this.#unknownMembers = unknownMembers;
  }

  parse(shapeName: string, json: unknown): unknown {
    if (this.#path.length > MAX_DEPTH) throw serializationError('The request is nested too deep.');
    const shape = this.#model.shapes[shapeName] as Shape;
    switch (shape.type) {
      case 'structure':
        return this.#structure(shape, expectObject(json));
      case 'map':
        return this.#map(shape, expectObject(json));
      case 'list':
        return this.#list(shape, expectList(json));
      default:
        return parseScalar(shape.type, json);
    }
  }

  #structure(shape: Shape, json: InputStructure): InputStructure {
    const value: InputStructure = {};
    const members = shape.members ?? {};
    for (const name of Object.keys(json)) {
      const each = json[name];
      const memberShape = Object.hasOwn(members, name) ? members[name] : undefined;
      if (memberShape === undefined) this.#unknownMembers.push([...this.#path, `.${name}`].join('').slice(1));
      else if (each !== null) value[name] = this.#parseAt(`.${name}`, memberShape, each);
    }
    return value;
  }

  #map(shape: Shape, json: InputStructure): InputStructure {
    const entries = Object.entries(json).map(
      ([key, each]) =>
        [key, each === null ? null : this.#parseAt(`.${key}`, shape.value as string, each)] as const,
    );
    return Object.fromEntries(entries);
  }

  #list(shape: Shape, json: readonly unknown[]): unknown[] {
    return json.map((each, index) =>
      each === null ? null : this.#parseAt(`[${index}]`, shape.member as string, each),
    );
  }

  #parseAt(step: string, shapeName: string, json: unknown): unknown {
    this.#path.push(step);
    const value = this.parse(shapeName, json);
    this.#path.pop();
    return value;
  }
}

function expectObject(json: unknown): InputStructure {
  if (Array.isArray(json)) throw serializationError('Start of list found where not expected');
  if (typeof json === 'object' && json !== null) return json as InputStructure;
  throw serializationError('Unexpected field type');
}

function expectList(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (typeof json === 'object')
    throw serializationError('Start of structure or map found where not expected');
  throw serializationError('Unexpected field type');
}

function parseScalar(type: ShapeType, json: unknown): unknown {
  if (typeof json === 'object') {
    throw serializationError(
      `Start of ${Array.isArray(json) ? 'list' : 'structure or map'} found where not expected`,
    );
  }
  switch (type) {
    case 'integer':
    case 'long':
      if (typeof json === 'number') return toInteger(type, json);
      break;
    case 'float':
    case 'double':
      if (typeof json === 'number') return json;
      break;
    case 'timestamp':
      if (typeof json === 'number' || typeof json === 'string') return toDate(json);
      break;
    case 'blob':
      if (typeof json === 'string') return Buffer.from(json, 'base64');
      break;
    default:
      if (typeof json === type) return json;
  }
  throw serializationError(`${tokenName(json)} can not be converted to ${JAVA_TYPES[type]}`);
}

/** A fraction is cut, as Java does; what the type cannot hold is refused. */
function toInteger(type: 'integer' | 'long', json: number): number {
  const limit = type === 'integer' ? 2 ** 31 : 2 ** 63;
  if (json >= -limit && json < limit) return Math.trunc(json);
  throw serializationError(`Numeric value (${json}) out of range of ${type === 'integer' ? 'int' : 'long'}`);
}

/** Seconds since 1970, or a date in words as ISO 8601 and HTTP have it. */
function toDate(json: number | string): Date {
  // Seconds with a fraction are no whole milliseconds as doubles.
  const date = new Date(typeof json === 'number' ? Math.round(json * 1000) : parseTime(json));
  if (!Number.isNaN(date.getTime())) return date;
  throw serializationError(`${tokenName(json)} can not be converted to a Date`);
}

function tokenName(json: unknown): string {
  if (typeof json === 'boolean') return json ? 'TRUE_VALUE' : 'FALSE_VALUE';
  return typeof json === 'number' ? 'NUMBER_VALUE' : 'STRING_VALUE';
}

function serializationError(message: string): AwsError {
  return new AwsError('SerializationException', message);
}
