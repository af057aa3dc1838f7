/**
 * What registration writes, as `@grpc/proto-loader` takes it.
 *
 * @see https://github.com/flyteorg/flyte/tree/v1.16.5/flyteidl/protos/flyteidl
 */
import type {
  Literal,
  LiteralMap,
  LiteralType,
  ProtoStruct,
  ProtoTime,
  Scalar,
} from '../../connector/messages.ts';

/** flyteidl.core.Identifier. Project, domain and version are empty in a package: whoever registers it fills them in. */
export interface EntityId {
  readonly resourceType: 'TASK' | 'WORKFLOW' | 'LAUNCH_PLAN';
  readonly project: string;
  readonly domain: string;
  readonly name: string;
  readonly version: string;
}

/** flyteidl.core.Variable */
export interface FlyteVariable {
  readonly type: LiteralType;
  readonly description?: string;
}

/** flyteidl.core.TypedInterface */
export interface TypedInterface {
  readonly inputs: { readonly variables: Readonly<Record<string, FlyteVariable>> };
  readonly outputs: { readonly variables: Readonly<Record<string, FlyteVariable>> };
}

/** flyteidl.core.Binding */
export interface FlyteBinding {
  readonly var: string;
  readonly binding: {
    readonly scalar?: Scalar;
    readonly promise?: { readonly nodeId: string; readonly var: string };
  };
}

/** flyteidl.core.RetryStrategy */
interface RetryStrategy {
  readonly retries: number;
}

/** flyteidl.core.TaskTemplate, as it is registered. */
export interface RegisteredTask {
  readonly id: EntityId;
  readonly type: string;
  readonly metadata: {
    readonly runtime: { readonly type: 'OTHER'; readonly version: string; readonly flavor: string };
    readonly retries: RetryStrategy;
    readonly timeout?: ProtoTime;
  };
  readonly interface: TypedInterface;
  readonly custom?: ProtoStruct;
  /** Without resources: FlyteAdmin refuses more than its own limit, and Flyte fills in its defaults. */
  readonly container?: {
    readonly image: string;
    readonly args: readonly string[];
    readonly env: readonly { readonly key: string; readonly value: string }[];
  };
}

/** flyteidl.admin.TaskSpec */
export interface TaskSpec {
  readonly template: RegisteredTask;
  readonly description?: { readonly shortDescription: string };
}

/** flyteidl.core.Node */
export interface FlyteNode {
  readonly id: string;
  readonly metadata: {
    readonly name: string;
    /** Propeller reads a timeout nowhere else. */
    readonly timeout?: ProtoTime;
    readonly retries: RetryStrategy;
  };
  readonly inputs: readonly FlyteBinding[];
  readonly upstreamNodeIds: readonly string[];
  readonly taskNode: { readonly referenceId: EntityId };
}

/** flyteidl.core.WorkflowTemplate */
export interface WorkflowTemplate {
  readonly id: EntityId;
  readonly metadata: { readonly onFailure: 'FAIL_IMMEDIATELY' | 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE' };
  readonly interface: TypedInterface;
  readonly nodes: readonly FlyteNode[];
  readonly outputs: readonly FlyteBinding[];
  readonly metadataDefaults: object;
}

/** flyteidl.admin.WorkflowSpec */
export interface WorkflowSpec {
  readonly template: WorkflowTemplate;
  readonly description?: { readonly shortDescription: string };
}

/** flyteidl.core.Parameter */
export interface Parameter {
  readonly var: FlyteVariable;
  readonly required?: true;
  readonly default?: Literal;
}

/** flyteidl.admin.Schedule */
export type Schedule =
  | { readonly cronSchedule: { readonly schedule: string } }
  | { readonly rate: { readonly value: number; readonly unit: 'MINUTE' | 'HOUR' | 'DAY' } };

/** flyteidl.admin.LaunchPlan */
export interface LaunchPlan {
  readonly id: EntityId;
  readonly spec: {
    readonly workflowId: EntityId;
    readonly entityMetadata: { readonly schedule?: Schedule };
    readonly defaultInputs: { readonly parameters: Readonly<Record<string, Parameter>> };
    readonly fixedInputs: LiteralMap;
    readonly labels: object;
    readonly annotations: object;
    readonly rawOutputDataConfig: object;
  };
  readonly closure: { readonly expectedInputs: object; readonly expectedOutputs: object };
}

/** All that a workflow is registered as, in the order in which it has to be. */
export interface FlytePackage {
  readonly tasks: readonly TaskSpec[];
  readonly workflow: WorkflowSpec;
  readonly launchPlans: readonly LaunchPlan[];
}
