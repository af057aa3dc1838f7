import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import picocolors from 'picocolors';
import { SluiceError } from '../../core/errors.ts';
import { writeOut } from '../../core/standard-streams.ts';
import { suggest } from '../../core/suggest.ts';
import { type Home, openHome } from '../../home/index.ts';
import { functionLogDirectory, type NodeReport, readRunReport } from '../../home/runs/index.ts';
import { parseJobHandle } from '../../platforms/index.ts';
import type { RunBody } from '../../server/index.ts';
import { listNodes } from '../../state/index.ts';
import { type CliContext, readContext } from '../context.ts';
import { remoteLog } from '../remote/remote-log.ts';
import type { RemoteServer } from '../remote/remote-server.ts';
import { remoteReport } from '../remote/run-remotely.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

/** Length of `2026-01-01T00:00:00.000Z` and the space after it. */
const STAMP_LENGTH = 25;

/** `sluice runs logs` */
export function configure(command: Command): void {
  addServerOption(
    command
      .argument('<id>', 'the id of the run')
      .argument('[step]', 'one step alone (default: all, one after another)'),
  )
    .addHelpText(
      'after',
      `
Of a step that was tried again, the last attempt is printed.

Examples:
  sluice runs logs diagnosis-20261120-120000-ab12
  sluice runs logs diagnosis-20261120-120000-ab12 train`,
    )
    .action(async (id: string, step: string | undefined, options: ServerOption) => {
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) return printRemoteLogs(context, server, id, step);
      const opened = await openHome(context);
      try {
        const { nodes } = await readRunReport(opened.state, id);
        for (const node of chosen(nodes, step)) {
          const prefix = step === undefined ? `${picocolors.cyan(node.id)} ${picocolors.dim('│')} ` : '';
          for await (const message of linesOf(context, opened, id, node)) {
            const text = context.json ? JSON.stringify({ node: node.id, message }) : `${prefix}${message}`;
            if (!(await writeOut(`${text}\n`))) return;
          }
        }
      } finally {
        await opened.close();
      }
    });
}

async function printRemoteLogs(
  { json }: CliContext,
  server: RemoteServer,
  id: string,
  step: string | undefined,
): Promise<void> {
  const path = `/runs/${encodeURIComponent(id)}`;
  const { nodes } = remoteReport(await server.ask<RunBody>('GET', path));
  for (const node of chosen(nodes, step)) {
    const prefix = step === undefined ? `${picocolors.cyan(node.id)} ${picocolors.dim('│')} ` : '';
    for await (const { message } of remoteLog(server, `${path}/nodes/${node.id}/logs`)) {
      const text = json ? JSON.stringify({ node: node.id, message }) : `${prefix}${message}`;
      if (!(await writeOut(`${text}\n`))) return;
    }
  }
}

function chosen(nodes: readonly NodeReport[], step: string | undefined): readonly NodeReport[] {
  const found = step === undefined ? nodes : nodes.filter(({ id }) => id === step);
  if (found.length > 0 || step === undefined) return found;
  throw new SluiceError('InvalidArgument', `The run has no step '${step}'.`, {
    hint: suggest(
      step,
      nodes.map(({ id }) => id),
    ),
  });
}

async function* linesOf(
  { paths }: CliContext,
  home: Home,
  run: string,
  { id, type, jobName }: NodeReport,
): AsyncGenerator<string> {
  if (type === 'function') {
    const path = join(functionLogDirectory(paths, run), `${id}.log`);
    const text = await readFile(path, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(0, -1)) yield line.slice(STAMP_LENGTH);
    return;
  }
  if (jobName === undefined) return;
  const nodes = await listNodes(home.state, run);
  const job = nodes.find((node) => node.job?.jobName === jobName)?.job;
  const handle = job && parseJobHandle(job, `step '${id}'`);
  const platform = handle && (await home.platforms())[handle.platform];
  if (!handle || !platform) return;
  try {
    for await (const { message, overwritten } of platform.logs(handle)) if (!overwritten) yield message;
  } catch (error) {
    // A job that was removed has no log any more.
    if (!(error instanceof SluiceError) || error.code !== 'JobNotFound') throw error;
  }
}
