import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BundleDirectory } from '../../bundles/index.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import { makeTemporaryDirectory } from '../../core/temporary-directory.ts';
import { bundlesOf, type Json, type WorkflowGraph, withPlatform } from '../../graph/index.ts';
import type { RunReport } from '../../home/runs/index.ts';
import type { LogLineBody, RunBody, RunEventBody, RunSummaryBody } from '../../server/index.ts';
import { throwUnlessSucceeded } from '../carry-out.ts';
import { compileWorkflow } from '../compile-workflow.ts';
import type { CliContext } from '../context.ts';
import type { RunDisplay, RunOutline } from '../display/display.ts';
import { createRunDisplay } from '../display/run-display.ts';
import { formatRunSummary } from '../display/run-summary.ts';
import { checkSteps } from '../follow-steps.ts';
import { loadWorkflow } from '../load-workflow.ts';
import { printDocument, printJson } from '../output.ts';
import { BUNDLES_BESIDE, isGraphPath, readGraphFile } from '../read-graph-file.ts';
import { readWorkflowInputs } from '../workflow-inputs.ts';
import { findRegistered } from './registered-workflow.ts';
import type { RemoteServer } from './remote-server.ts';

/** A run that a server is to carry out. */
export interface RemoteRunOptions {
  readonly context: CliContext;
  readonly server: RemoteServer;
  /** Of this machine; or the name of a workflow that the server knows, `name@version`. */
  readonly file: string;
  readonly name: string | undefined;
  readonly input: Readonly<Record<string, string>>;
  readonly follow: readonly string[];
  readonly concurrency: number | undefined;
  /** Where all jobs run. */
  readonly platform: string | undefined;
  /** Prints the run's id, and leaves it to the server. */
  readonly detach: boolean;
  readonly idempotencyKey: string | undefined;
}

/** Has a server run a workflow of this machine, and shows it as one that runs here. @throws SluiceError */
export async function runRemotely(options: RemoteRunOptions): Promise<void> {
  const { context, server, concurrency, idempotencyKey } = options;
  const { graph, chosen } = await chooseGraph(options);
  checkSteps(graph, options.follow);
  const inputs: Record<string, Json> = readWorkflowInputs(options.input, graph.interface);
  const { id } = await server.ask<RunSummaryBody>('POST', '/runs', {
    body: { ...chosen, inputs, ...(concurrency !== undefined && { concurrency }) },
    ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
  });
  if (options.detach) return printDocument(context, { id }, () => id);
  await followRemoteRun({ context, server, graph, id, steps: options.follow });
}

/** A workflow of this machine, or one that the server knows by its name. */
async function chooseGraph({ server, file, name, platform }: RemoteRunOptions): Promise<{
  readonly graph: WorkflowGraph;
  readonly chosen: { readonly graph: WorkflowGraph } | { readonly workflow: object };
}> {
  const registered = name === undefined ? await findRegistered(server, file) : undefined;
  if (registered && platform === undefined) {
    const { graph, version } = registered;
    return { graph, chosen: { workflow: { name: registered.name, version } } };
  }
  const sent = registered?.graph ?? (await sendGraph(server, file, name));
  const graph = platform === undefined ? sent : withPlatform(sent, platform);
  return { graph, chosen: { graph } };
}

/** Compiles a workflow, and uploads the code that the server has not. */
export async function sendGraph(server: RemoteServer, file: string, name?: string): Promise<WorkflowGraph> {
  if (isGraphPath(file)) {
    const { graph, directory } = await readGraphFile(file);
    await upload(server, graph, join(directory, BUNDLES_BESIDE));
    return graph;
  }
  const directory = await makeTemporaryDirectory(tmpdir(), 'sluice-compile');
  try {
    const workflow = await loadWorkflow(file, name);
    const { graph } = await compileWorkflow(workflow, file, new BundleDirectory(directory));
    await upload(server, graph, directory);
    return graph;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function upload(server: RemoteServer, graph: WorkflowGraph, directory: string): Promise<void> {
  for (const digest of bundlesOf(graph).keys()) {
    if (await server.has(`/bundles/${digest}`)) continue;
    const file = join(directory, `${digest.slice('sha256:'.length)}.tar.gz`);
    await server.ask('POST', `/bundles?digest=${digest}`, { file });
  }
}

/** A run of a server to show until it ends. */
export interface FollowOptions {
  readonly context: CliContext;
  readonly server: RemoteServer;
  readonly graph: RunOutline;
  readonly id: string;
  readonly steps: readonly string[];
  /** What has happened up to this event is not shown. @default 0 */
  readonly after?: number;
}

/** Shows a run of a server until it ends. Ctrl-C cancels it, a second one leaves it to the server. */
export async function followRemoteRun({ context, ...followed }: FollowOptions): Promise<void> {
  const { server, graph, id } = followed;
  const display = createRunDisplay(context, graph, id);
  const left = new AbortController();
  const interrupts = catchInterrupts({
    onStop: () => {
      display.note(
        'Cancelling: jobs get SIGTERM now, SIGKILL after 120 s. Ctrl-C again leaves them to the server.',
      );
      server.ask('POST', `/runs/${id}/cancel`).catch((error: Error) => display.note(error.message));
    },
    onKill: () => left.abort(),
  });
  try {
    await showEvents({ ...followed, display, signal: left.signal });
    display.close();
    const run = await server.ask<RunBody>('GET', `/runs/${id}`);
    if (context.json) printJson({ type: 'result', ...run });
    else process.stdout.write(`${formatRunSummary(remoteReport(run), '')}\n`);
    throwUnlessSucceeded(remoteReport(run), interrupts.exitCode());
  } catch (error) {
    if (!left.signal.aborted) throw error;
    process.stderr.write(`Left to the server: sluice runs show ${id} --server ${server.url}\n`);
    process.exitCode = interrupts.exitCode() ?? 1;
  } finally {
    display.close();
    interrupts.close();
  }
}

/** The run as those of the home are shown. */
export function remoteReport(run: RunBody): RunReport {
  return { ...(run as unknown as RunReport), createdAt: new Date(run.createdAt) };
}

interface Shown extends Omit<FollowOptions, 'context'> {
  readonly display: RunDisplay;
  readonly signal: AbortSignal;
}

async function showEvents({ server, graph, id, steps, after = 0, display, signal }: Shown): Promise<void> {
  const tasks = new Map(graph.nodes.map((node) => [node.id, node.task]));
  const startedAt = new Map<string, Date>();
  const logs: Promise<void>[] = [];
  for await (const { data } of server.follow(`/runs/${id}/events?after=${after}`, signal, true)) {
    const event = data as RunEventBody;
    const { node, phase = '' } = event;
    const time = new Date(event.time);
    if (node === undefined) continue;
    if (phase === 'Submitted') {
      if (steps.includes(node)) logs.push(showLog(server, id, node, display, signal));
    } else if (event.type === 'progress') {
      const status = { phase, status: '', secondaryStatus: event.status, message: event.message };
      display.event({
        type: 'job',
        time,
        node,
        status: { ...status, metrics: event.metrics ?? {} },
      } as never);
    } else {
      const task = tasks.get(node) ?? node;
      if (phase === 'Running') startedAt.set(node, time);
      const ended = phase !== 'Running' && { endedAt: time };
      const shown = { id: node, task, taskType: graph.tasks[task]?.type, phase, attempt: event.attempt ?? 1 };
      const error = event.error && { error: { ...event.error, fault: 'user' } };
      display.event({
        type: 'node',
        time,
        node: { ...shown, startedAt: startedAt.get(node), ...ended, ...error },
      } as never);
    }
  }
  await Promise.all(logs);
}

async function showLog(
  server: RemoteServer,
  id: string,
  node: string,
  display: RunDisplay,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const { data } of server.follow(`/runs/${id}/nodes/${node}/logs?follow=true`, signal))
      display.output(node, (data as LogLineBody).message);
  } catch {
    // A log that cannot be read is no matter of the run's.
  }
}
