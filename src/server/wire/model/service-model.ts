/** What is known of one service of AWS: the operations served here, the names of the others, and their inputs. */
export interface ServiceModel {
  /** What stands before the operation in X-Amz-Target; empty for a service of another protocol. */
  readonly targetPrefix: string;
  readonly operations: Readonly<Record<string, OperationModel>>;
  /** Operations of the service that are not served here. */
  readonly otherOperations: readonly string[];
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** One operation. Absent input: it takes none. */
export interface OperationModel {
  /** The shape of its input. */
  readonly input?: string;
  /** The members of its answer. */
  readonly output?: readonly string[];
  /** The errors that the service's model names for it. */
  readonly errors?: readonly string[];
}

/** The kinds of value that inputs are made of. */
export type ShapeType =
  | 'structure'
  | 'list'
  | 'map'
  | 'string'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'boolean'
  | 'timestamp'
  | 'blob';

/** A type of value and its constraints. `members`, `member`, `key` and `value` name other shapes. */
export interface Shape {
  readonly type: ShapeType;
  /** Of a structure, in the model's order. */
  readonly members?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  /** Of a list. */
  readonly member?: string;
  /** Of a map. */
  readonly key?: string;
  readonly value?: string;
  /** The least length of a string, list or map; the least value of a number. */
  readonly min?: number;
  /** The greatest, likewise. */
  readonly max?: number;
  /** A regular expression of Java that the whole string must match. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
}
