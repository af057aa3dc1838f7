import type { Json } from '../../graph/index.ts';

/** What a process is told of the function that it runs. */
export interface FunctionCall {
  /** The module, a path in the code. */
  readonly entry: string;
  /** The name of the workflow that the module exports. */
  readonly workflow: string;
  readonly task: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly runId: string;
  readonly node: string;
  readonly attempt: number;
}

/** What the function came to. Whoever reads it has to expect anything: it was written by the function's process. */
export type FunctionAnswer =
  | { readonly outputs: unknown }
  /** What it returned that is no JSON. */
  | { readonly invalid: string }
  | { readonly error: string };
