import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Json } from '../../../src/graph/index.ts';
import { packagedPipelines } from './flytekit.ts';

/** What Propeller has told of a task, and what became of the workflow. */
export interface JudgeEvent {
  readonly event: 'workflow' | 'node' | 'task' | 'trouble' | 'end';
  readonly phase: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly logs?: readonly { readonly name: string; readonly uri: string }[];
  readonly customInfo?: { readonly [key: string]: Json } | null;
  readonly error?: { readonly code: string; readonly message: string } | null;
  readonly seconds?: number;
  readonly outputs?: { readonly literals: Readonly<Record<string, ProtoJsonLiteral>> };
}

/** A literal in protobuf's JSON. */
export interface ProtoJsonLiteral {
  readonly scalar?: {
    readonly primitive?: {
      readonly stringValue?: string;
      readonly integer?: string;
      readonly floatValue?: number;
    };
    readonly binary?: { readonly value: string; readonly tag: string };
  };
}

/** A workflow that was run. */
export interface Judged {
  /** `Succeeded`, `Failed`, `Aborted`: Propeller's last phase. */
  readonly phase: string;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly seconds: number;
  readonly outputs: Readonly<Record<string, ProtoJsonLiteral>>;
  readonly events: readonly JudgeEvent[];
  /** Those of tasks. */
  readonly tasks: readonly JudgeEvent[];
}

/** What is run. */
export interface JudgeOptions {
  /** `aws_jobs.train_badly`: module and function in test/fixtures/flyte/pipelines. */
  readonly workflow: string;
  /** A package of `sluice flyte register --dry-run`, whose workflows go by their own names. @default the fixtures' */
  readonly directory?: string;
  /** Where the connector answers, a port of this machine. */
  readonly port: number;
  /** Whole numbers are integers, texts strings. */
  readonly inputs?: Readonly<Record<string, number | string>>;
  /** Of the judge: `-abort-after 5s`. */
  readonly flags?: readonly string[];
  /** Takes each event as it comes. */
  readonly onEvent?: (event: JudgeEvent) => void;
}

let executions = 0;

/** Runs a workflow to its end with Flyte's own compiler and engine. */
export async function judge({
  workflow,
  directory,
  port,
  inputs = {},
  flags = [],
  onEvent,
}: JudgeOptions): Promise<Judged> {
  const program = process.env['SLUICE_TEST_FLYTE'] ?? '';
  const execution = `e${process.pid}x${++executions}`;
  const literals = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, literal(value)]));
  const parameters = {
    '-pkg': directory ?? (await packagedPipelines()),
    '-workflow': directory === undefined ? `pipelines.${workflow}` : workflow,
    '-exec': execution,
    '-connector': `127.0.0.1:${port}`,
    '-inputs': JSON.stringify({ literals }),
    '-limit': '5m',
  };
  const child = spawn(program, [...Object.entries(parameters).flat(), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const events: JudgeEvent[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as JudgeEvent;
    events.push(event);
    onEvent?.(event);
  }
  await exited;
  const end = events.findLast(({ event }) => event === 'end');
  if (!end) throw new Error(`The judge of ${workflow} has ended without a result: ${errors.join('')}`);
  const error = end.error ?? events.findLast((each) => each.event === 'workflow' && each.error)?.error;
  return {
    phase: end.phase,
    error: error ?? undefined,
    seconds: end.seconds ?? 0,
    outputs: end.outputs?.literals ?? {},
    events,
    tasks: events.filter(({ event }) => event === 'task'),
  };
}

function literal(value: number | string): ProtoJsonLiteral {
  const primitive = typeof value === 'string' ? { stringValue: value } : { integer: String(value) };
  return { scalar: { primitive } };
}
