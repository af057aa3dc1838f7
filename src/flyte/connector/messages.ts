/**
 * The parts of Flyte's messages that the connector reads and writes, as `@grpc/proto-loader` gives them: names in camel
 * case, 64-bit integers and enumerations as text, absent members absent.
 *
 * @see https://github.com/flyteorg/flyte/tree/v1.16.5/flyteidl/protos/flyteidl
 */

/** google.protobuf.Value */
export interface ProtoValue {
  readonly nullValue?: string;
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: ProtoStruct;
  readonly listValue?: { readonly values?: readonly ProtoValue[] };
}

/** google.protobuf.Struct */
export interface ProtoStruct {
  readonly fields?: Readonly<Record<string, ProtoValue>>;
}

/** google.protobuf.Timestamp and Duration */
export interface ProtoTime {
  readonly seconds?: string;
  readonly nanos?: number;
}

/** flyteidl.core.Literal */
export interface Literal {
  readonly scalar?: Scalar;
  readonly collection?: { readonly literals?: readonly Literal[] };
  readonly map?: LiteralMap;
  readonly offloadedMetadata?: { readonly uri?: string };
}

/** flyteidl.core.LiteralMap */
export interface LiteralMap {
  readonly literals?: Readonly<Record<string, Literal>>;
}

/** flyteidl.core.Scalar */
export interface Scalar {
  readonly primitive?: {
    readonly integer?: string;
    readonly floatValue?: number;
    readonly stringValue?: string;
    readonly boolean?: boolean;
    readonly datetime?: ProtoTime;
    readonly duration?: ProtoTime;
  };
  readonly blob?: { readonly uri?: string; readonly metadata?: { readonly type?: BlobType } };
  readonly schema?: { readonly uri?: string; readonly type?: object };
  readonly structuredDataset?: { readonly uri?: string; readonly metadata?: object };
  readonly binary?: { readonly value?: Buffer; readonly tag?: string };
  readonly generic?: ProtoStruct;
  readonly union?: { readonly value?: Literal; readonly type?: LiteralType };
  readonly noneType?: object;
  readonly error?: { readonly message?: string };
}

/** flyteidl.core.BlobType */
export interface BlobType {
  readonly format?: string;
  readonly dimensionality?: 'SINGLE' | 'MULTIPART';
}

/** flyteidl.core.LiteralType */
export interface LiteralType {
  readonly simple?: string;
  readonly schema?: object;
  readonly structuredDatasetType?: object;
  readonly blob?: BlobType;
  readonly collectionType?: LiteralType;
  readonly mapValueType?: LiteralType;
  readonly enumType?: { readonly values?: readonly string[] };
  readonly unionType?: { readonly variants?: readonly LiteralType[] };
  /** Tells the variants of a union apart. */
  readonly structure?: { readonly tag?: string };
}

/** flyteidl.core.Identifier */
export interface Identifier {
  readonly project?: string;
  readonly domain?: string;
  readonly name?: string;
  readonly version?: string;
}

/** flyteidl.core.Container */
export interface Container {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly key?: string; readonly value?: string }[];
  readonly resources?: {
    readonly requests?: readonly ResourceEntry[];
    readonly limits?: readonly ResourceEntry[];
  };
}

/** flyteidl.core.Resources.ResourceEntry */
export interface ResourceEntry {
  /** `CPU`, `GPU`, `MEMORY`, … */
  readonly name?: string;
  readonly value?: string;
}

/** flyteidl.core.TaskTemplate */
export interface TaskTemplate {
  readonly type?: string;
  readonly id?: Identifier;
  readonly metadata?: {
    readonly runtime?: { readonly type?: string; readonly version?: string; readonly flavor?: string };
    readonly interruptible?: boolean;
  };
  readonly container?: Container;
  readonly interface?: {
    readonly outputs?: { readonly variables?: Readonly<Record<string, { readonly type?: LiteralType }>> };
  };
  readonly custom?: ProtoStruct;
  readonly securityContext?: { readonly runAs?: { readonly iamRole?: string } };
}

/** flyteidl.admin.TaskExecutionMetadata */
export interface TaskExecutionMetadata {
  readonly taskExecutionId?: {
    readonly nodeExecutionId?: {
      readonly nodeId?: string;
      readonly executionId?: { readonly project?: string; readonly domain?: string; readonly name?: string };
    };
    readonly retryAttempt?: number;
  };
  readonly labels?: Readonly<Record<string, string>>;
  readonly interruptible?: boolean;
  readonly environmentVariables?: Readonly<Record<string, string>>;
}

/** flyteidl.admin.CreateTaskRequest */
export interface CreateTaskRequest {
  readonly inputs?: LiteralMap;
  readonly template?: TaskTemplate;
  readonly outputPrefix?: string;
  readonly taskExecutionMetadata?: TaskExecutionMetadata;
  /** Why the bytes that came are no such request: nothing else is there then. */
  readonly unreadable?: string;
}

/** What of GetTask-, DeleteTask-, GetTaskLogs- and GetTaskMetricsRequest says which task is meant. */
export interface TaskRequest {
  readonly resourceMeta?: Buffer;
  /** GetTaskMetrics: the names of metrics. */
  readonly queries?: readonly string[];
  /** GetTaskLogs: how many lines. */
  readonly lines?: string;
  /** GetTaskLogs: where to go on. */
  readonly token?: string;
}

/** flyteidl.core.TaskExecution.Phase */
export type TaskPhase =
  | 'QUEUED'
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'ABORTED'
  | 'FAILED'
  | 'INITIALIZING'
  | 'RETRYABLE_FAILED';

/** flyteidl.core.TaskLog */
export interface TaskLog {
  readonly name: string;
  readonly uri: string;
  readonly messageFormat?: 'UNKNOWN' | 'CSV' | 'JSON';
}

/** flyteidl.admin.Resource */
export interface Resource {
  readonly phase: TaskPhase;
  readonly message?: string;
  readonly outputs?: LiteralMap;
  readonly logLinks?: readonly TaskLog[];
  readonly customInfo?: ProtoStruct;
}
