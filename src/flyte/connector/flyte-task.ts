import type { Json } from '../../graph/index.ts';
import type { Container, LiteralMap, LiteralType, TaskTemplate } from './messages.ts';

/** The values of a task, and what Flyte knows of it: the same of both versions of its protocol. */
export interface FlyteTask {
  readonly type: string;
  /** The task's own name, `pipelines.training.train`. */
  readonly name: string;
  /** Of which attempt of which node it is; undefined outside of an execution: `pyflyte run` on somebody's machine. */
  readonly attempt: FlyteAttempt | undefined;
  /** Whether it may be interrupted: Flyte runs it so, or its author says so. */
  readonly interruptible: boolean;
  readonly custom: { readonly [key: string]: Json };
  readonly inputs: Readonly<Record<string, Json>>;
  /** The inputs as they came, for a function that reads them itself. */
  readonly literals: LiteralMap;
  /** The declared outputs. */
  readonly outputs: Readonly<Record<string, LiteralType>>;
  readonly container: Container | undefined;
  /** The variables that the execution gives its tasks: `pyflyte run --env NAME=value`. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where Flyte keeps the outputs: of its own store, which the connector need not reach. */
  readonly outputPrefix: string;
  readonly template: TaskTemplate;
}

/** One attempt of a node of an execution of Flyte. */
export interface FlyteAttempt {
  readonly project: string;
  readonly domain: string;
  readonly execution: string;
  readonly node: string;
  /** From 0. */
  readonly retryAttempt: number;
}

/** By which an attempt is known. */
export function attemptKey({ project, domain, execution, node, retryAttempt }: FlyteAttempt): string {
  return [project, domain, execution, node, retryAttempt].map((part) => encodeURIComponent(part)).join('/');
}
