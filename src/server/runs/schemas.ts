/** What the API takes and answers. Requests are validated by it; the OpenAPI document is made of it. */
import { z } from 'zod';
import { MAX_NAME_LENGTH, NAME_PATTERN, NAME_RULE } from '../../contract/names.ts';

/** Named schemas, for the document's components. */
export const named = z.registry<{ readonly id: string }>();

function component<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  named.add(schema, { id });
  return schema;
}

const time = z.iso.datetime({ offset: true });
const text = z.string();
const json = z.unknown().describe('Any JSON value.');
const values = z.record(text, json);

/** As the engine names runs. */
export const runId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/, { error: 'expected the id of a run' });
/** Names of workflows and nodes. */
export const graphName = z.string().max(MAX_NAME_LENGTH, NAME_RULE).regex(NAME_PATTERN, { error: NAME_RULE });
/** Versions of registered workflows. */
export const versionName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, {
  error: "expected at most 128 letters, digits, '.', '_' and '-', beginning with a letter or digit",
});
/** With or without `sha256:`. */
export const digestText = z.string().regex(/^(sha256:)?[0-9a-f]{64}$/, {
  error: 'expected sha256: and 64 hexadecimal digits',
});
/** What makes two requests one. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/, {
  error: 'expected 1 to 255 printable characters without spaces',
});

const failure = component(
  'Failure',
  z.strictObject({
    code: text,
    message: text,
    hint: text.optional(),
    fault: z.enum(['user', 'system']),
    node: text.optional(),
    logTail: z.array(text).optional(),
  }),
);

const phase = z.enum(['Running', 'Succeeded', 'Failed', 'Aborted', 'Crashed']);
const nodePhase = z.enum([
  'NotYetStarted',
  'Running',
  'RetryableFailure',
  'Succeeded',
  'Failed',
  'TimedOut',
  'Aborted',
]);

/** The graph itself is read by its own schema: see `graph/`. */
export const graphBody = component('Graph', z.record(text, z.unknown()));

/** `POST /runs` */
export const startRun = component(
  'StartRun',
  z.strictObject({
    graph: graphBody.optional().describe('The workflow itself. Either this or workflow.'),
    workflow: z
      .strictObject({ name: graphName, version: versionName.optional() })
      .optional()
      .describe('A registered workflow; without a version the newest.'),
    inputs: values.optional(),
    failurePolicy: z.enum(['FAIL_IMMEDIATELY', 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE']).optional(),
    concurrency: z.int().min(1).max(10_000).optional().describe('Nodes at once.'),
    idempotencyKey: idempotencyKey.optional().describe('As the header Idempotency-Key.'),
  }),
);

const summary = {
  id: text,
  workflow: text,
  version: text.optional().describe('The registered version.'),
  phase,
  nodeCount: z.int(),
  createdAt: time,
  endedAt: time.optional(),
  durationMs: z.number().optional(),
  error: failure.optional(),
};

/** A run in a list. */
export const runSummary = component('RunSummary', z.strictObject(summary));

const node = component(
  'Node',
  z.strictObject({
    id: text,
    task: text,
    type: z.enum(['function', 'training', 'processing', 'batch_transform', 'endpoint']),
    phase: nodePhase,
    dependsOn: z.array(text),
    attempt: z.int(),
    jobName: text.optional(),
    platform: text.optional().describe('Where its job is, or was.'),
    planned: z
      .strictObject({
        platform: text,
        instanceType: text,
        instancePreferences: z.array(text).optional().describe('Further types that are asked for with it.'),
        instanceCount: z.number().optional().describe('Where the task leaves it open.'),
        spot: z.boolean(),
        seconds: z.number(),
        usd: z.number().nullable().describe('US dollars; null: unknown.'),
        mostUsd: z.number().nullable().optional().describe('With the dearest of the further types.'),
        priced: text.optional().describe('The day of the price.'),
        pricedIn: text.optional().describe('The region of the price, where it is not the platform’s own.'),
        reason: text,
      })
      .optional()
      .describe('Where it was to go, and why. Absent where nobody chose.'),
    moved: z.array(text).optional().describe('Why it has left places before.'),
    instanceType: text.optional(),
    durationMs: z.number().optional(),
    billableSeconds: z.number().optional(),
    costUsd: z.number().optional().describe('What its job would have cost on SageMaker, US dollars.'),
    metrics: z.record(text, z.number()).optional(),
    outputs: values.optional(),
    saved: z
      .record(text, text)
      .optional()
      .describe('Where it lies what it has saved, of a node that did not succeed.'),
    error: failure.optional(),
  }),
);

/** A run with its nodes. */
export const run = component(
  'Run',
  z.strictObject({
    ...summary,
    file: text.optional(),
    inputs: values,
    outputs: values.optional(),
    nodes: z.array(node),
    plan: z
      .strictObject({
        policy: z.enum(['flowchart', 'cost', 'deadline']),
        total: z.strictObject({ seconds: z.number(), usd: z.number().nullable() }),
      })
      .optional()
      .describe('How its steps were placed. Absent where nobody chose.'),
    cost: z
      .strictObject({
        onDemand: z.number(),
        withSpot: z.number(),
        unknownInstanceTypes: z.array(text),
        region: text,
        recorded: text.optional().describe('The day of the oldest price among them.'),
      })
      .describe('What its jobs would have cost on SageMaker, US dollars.'),
    lastEvent: z
      .int()
      .describe('All events up to the one of this id are told of here: events?after= goes on behind it.'),
  }),
);

/** A page of runs. */
export const runPage = component(
  'RunPage',
  z.strictObject({ runs: z.array(runSummary), nextToken: text.optional() }),
);

/** One event of a run's stream. */
export const runEvent = component(
  'RunEvent',
  z.strictObject({
    id: z.int().optional().describe('Absent: it is not kept, and may be missed.'),
    time,
    type: z.enum(['run', 'node', 'progress']),
    phase: text.optional().describe('The new phase of the run or node; CancelRequested.'),
    node: text.optional(),
    attempt: z.int().optional(),
    jobName: text.optional(),
    error: z.strictObject({ code: text, message: text }).optional(),
    status: text.optional().describe("Of progress: SageMaker's secondary status."),
    message: text.optional(),
    metrics: z.record(text, z.number()).optional(),
  }),
);

/** One line of a node's log. */
export const logLine = component(
  'LogLine',
  z.strictObject({
    timestamp: time,
    stream: text,
    message: text,
    cursor: text.describe('To go on after this line.'),
  }),
);

/** A page of a log. */
export const logPage = component(
  'LogPage',
  z.strictObject({ lines: z.array(logLine), nextCursor: text.optional() }),
);

const version = {
  name: text,
  version: text,
  graphHash: text,
  createdAt: time,
};

/** A registered workflow. */
export const workflowVersion = component('WorkflowVersion', z.strictObject(version));

/** A registered workflow with its graph. */
export const workflowVersionGraph = component(
  'WorkflowVersionGraph',
  z.strictObject({ ...version, graph: graphBody }),
);

/** A page of registered workflows. */
export const workflowPage = component(
  'WorkflowPage',
  z.strictObject({ workflows: z.array(workflowVersion), nextToken: text.optional() }),
);

/** Code that is kept. */
export const bundle = component('Bundle', z.strictObject({ digest: text, uri: text, files: z.int() }));

/** The one shape of errors. */
export const errorBody = component(
  'Error',
  z.strictObject({
    error: z.strictObject({
      code: text.describe('Stable: see docs/errors.md.'),
      message: text,
      hint: text.optional(),
      field: text.optional().describe('The field of the request that is wrong.'),
      missingBundles: z.array(text).optional().describe('Digests of the code that has to be uploaded first.'),
    }),
  }),
);

const count = (most: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,5}$/, { error: `expected a whole number from 1 to ${most}` })
    .refine((value) => Number(value) <= most, { error: `expected a whole number from 1 to ${most}` })
    .optional();
const flag = z.enum(['true', 'false']).optional();
const moment = z
  .union([time, z.iso.date()], { error: 'expected a time such as 2026-01-31T12:00:00Z' })
  .optional();
const token = z.string().max(500).optional();

/** The queries of the routes. */
export const queries = {
  runs: z.strictObject({
    workflow: graphName.optional(),
    phase: z.enum(['Running', 'Succeeded', 'Failed', 'Aborted']).optional(),
    createdAfter: moment,
    createdBefore: moment,
    limit: count(1000),
    token,
  }),
  events: z.strictObject({
    after: z
      .string()
      .regex(/^\d{1,15}$/, { error: 'expected the id of an event' })
      .optional(),
  }),
  logs: z.strictObject({
    follow: flag,
    cursor: z
      .string()
      .max(64 * 1024)
      .optional(),
    limit: count(10_000),
  }),
  workflows: z.strictObject({ name: graphName.optional(), limit: count(1000), token }),
  page: z.strictObject({ limit: count(1000), token }),
  bundle: z.strictObject({ digest: digestText }),
  none: z.strictObject({}),
};

/** What the answers are. */
export type RunSummaryBody = z.infer<typeof runSummary>;
export type RunBody = z.infer<typeof run>;
export type RunEventBody = z.infer<typeof runEvent>;
export type LogLineBody = z.infer<typeof logLine>;
export type WorkflowVersionBody = z.infer<typeof workflowVersion>;
