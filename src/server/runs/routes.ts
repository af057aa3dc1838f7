import { z } from 'zod';
import { showBundle, uploadBundle } from './operations/bundles.ts';
import { nodeLogs } from './operations/node-logs.ts';
import { cancelRun, findRuns, resumeRun, showRun } from './operations/runs.ts';
import { startRun } from './operations/start-run.ts';
import { streamEvents } from './operations/stream-events.ts';
import { listVersions, listWorkflows, registerWorkflow, showWorkflow } from './operations/workflows.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';

const { queries } = schemas;
const none = z.strictObject({});
const id = z.strictObject({ id: schemas.runId });
const version = z.strictObject({ name: schemas.graphName, version: schemas.versionName });

/** Every route of the API below `/_sluice/v1`. */
export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/runs',
    operation: 'startRun',
    summary: 'Begin a run',
    tag: 'runs',
    parameters: none,
    query: queries.none,
    // The graph and the inputs have limits of their own.
    body: { schema: schemas.startRun, limit: ({ graphBytes, inputBytes }) => graphBytes + inputBytes },
    idempotent: true,
    answers: {
      201: { description: 'It has begun.', schema: schemas.runSummary },
      200: { description: 'The run that the same idempotency key has begun.', schema: schemas.runSummary },
    },
    refusals: [404, 409, 413, 429],
    handle: startRun,
  }),
  route({
    method: 'GET',
    path: '/runs',
    operation: 'listRuns',
    summary: 'List runs, the newest first',
    tag: 'runs',
    parameters: none,
    query: queries.runs,
    answers: { 200: { description: 'A page.', schema: schemas.runPage } },
    refusals: [],
    handle: findRuns,
  }),
  route({
    method: 'GET',
    path: '/runs/{id}',
    operation: 'getRun',
    summary: 'A run with its nodes',
    tag: 'runs',
    parameters: id,
    query: queries.none,
    answers: { 200: { description: 'The run.', schema: schemas.run } },
    refusals: [404],
    handle: showRun,
  }),
  route({
    method: 'GET',
    path: '/runs/{id}/events',
    operation: 'streamRunEvents',
    summary: 'What happens in a run, until it ends',
    description:
      'Server-sent events. An id is that of an event that is kept: Last-Event-ID, or after, goes on behind it. Events of the type progress have none.',
    tag: 'runs',
    parameters: id,
    query: queries.events,
    answers: {
      200: { description: 'The events.', events: schemas.runEvent },
      204: { description: 'The run has ended, and all of its events were read.' },
    },
    refusals: [404, 429],
    handle: streamEvents,
  }),
  route({
    method: 'GET',
    path: '/runs/{id}/nodes/{node}/logs',
    operation: 'readNodeLog',
    summary: 'What a node has printed, in its last attempt',
    description: 'With follow=true server-sent events until the job ends, each with its cursor as id.',
    tag: 'runs',
    parameters: z.strictObject({ id: schemas.runId, node: schemas.graphName }),
    query: queries.logs,
    answers: { 200: { description: 'The lines.', schema: schemas.logPage, events: schemas.logLine } },
    refusals: [404, 429],
    handle: nodeLogs,
  }),
  route({
    method: 'POST',
    path: '/runs/{id}/cancel',
    operation: 'cancelRun',
    summary: 'Cancel a run, whichever process carries it out',
    tag: 'runs',
    parameters: id,
    query: queries.none,
    answers: {
      202: { description: 'It is asked to end.', schema: schemas.runSummary },
      200: { description: 'It has ended.', schema: schemas.runSummary },
    },
    refusals: [404],
    handle: cancelRun,
  }),
  route({
    method: 'POST',
    path: '/runs/{id}/resume',
    operation: 'resumeRun',
    summary: 'Carry on a run that did not succeed; what succeeded is not repeated',
    tag: 'runs',
    parameters: id,
    query: queries.none,
    answers: {
      202: { description: 'It goes on.', schema: schemas.runSummary },
      200: { description: 'It has succeeded before.', schema: schemas.runSummary },
    },
    refusals: [404, 409, 429],
    handle: resumeRun,
  }),
  route({
    method: 'POST',
    path: '/bundles',
    operation: 'uploadBundle',
    summary: 'Keep code: the archive of a bundle',
    tag: 'bundles',
    parameters: none,
    query: queries.bundle,
    body: 'bytes',
    answers: {
      201: { description: 'It is kept.', schema: schemas.bundle },
      200: { description: 'It was kept before.', schema: schemas.bundle },
    },
    refusals: [413],
    handle: uploadBundle,
  }),
  route({
    method: 'GET',
    path: '/bundles/{digest}',
    operation: 'getBundle',
    summary: 'Whether code is kept; HEAD asks the same',
    tag: 'bundles',
    parameters: z.strictObject({ digest: schemas.digestText }),
    query: queries.none,
    answers: { 200: { description: 'It is.', schema: schemas.bundle } },
    refusals: [404],
    handle: showBundle,
  }),
  route({
    method: 'GET',
    path: '/workflows',
    operation: 'listWorkflows',
    summary: 'List registered workflows, the newest version first',
    tag: 'workflows',
    parameters: none,
    query: queries.workflows,
    answers: { 200: { description: 'A page.', schema: schemas.workflowPage } },
    refusals: [],
    handle: listWorkflows,
  }),
  route({
    method: 'GET',
    path: '/workflows/{name}/versions',
    operation: 'listWorkflowVersions',
    summary: 'List the versions of a workflow, the newest first',
    tag: 'workflows',
    parameters: z.strictObject({ name: schemas.graphName }),
    query: queries.page,
    answers: { 200: { description: 'A page.', schema: schemas.workflowPage } },
    refusals: [],
    handle: listVersions,
  }),
  route({
    method: 'GET',
    path: '/workflows/{name}/versions/{version}',
    operation: 'getWorkflowVersion',
    summary: 'A registered workflow with its graph',
    tag: 'workflows',
    parameters: version,
    query: queries.none,
    answers: { 200: { description: 'The version.', schema: schemas.workflowVersionGraph } },
    refusals: [404],
    handle: showWorkflow,
  }),
  ...(['PUT', 'POST'] as const).map((method) =>
    route({
      method,
      path: '/workflows/{name}/versions/{version}',
      operation: method === 'PUT' ? 'putWorkflowVersion' : 'registerWorkflowVersion',
      summary: 'Register a workflow; the body is its graph. A version never changes',
      tag: 'workflows',
      parameters: version,
      query: queries.none,
      body: { schema: schemas.graphBody, limit: ({ graphBytes }) => graphBytes },
      answers: {
        201: { description: 'It is registered.', schema: schemas.workflowVersion },
        200: { description: 'The very same was registered before.', schema: schemas.workflowVersion },
      },
      refusals: [409, 413],
      handle: registerWorkflow,
    }),
  ),
];
