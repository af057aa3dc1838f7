import { existsSync } from 'node:fs';
import { SluiceError } from '../../core/errors.ts';
import { parseGraph, type WorkflowGraph } from '../../graph/index.ts';
import type { WorkflowVersionBody } from '../../server/index.ts';
import type { RemoteServer } from './remote-server.ts';

/** A workflow that a server knows by its name. */
export interface RegisteredWorkflow {
  readonly name: string;
  readonly version: string;
  readonly graph: WorkflowGraph;
}

/** `diagnosis`, `diagnosis@1.0`: no path, and no name of a file. */
const REGISTERED = /^([A-Za-z0-9][\w-]*)(?:@([A-Za-z0-9][\w.-]*))?$/;

/**
 * The registered workflow that is meant by `name` or `name@version`; undefined where a file is. Without a version it is the
 * newest.
 *
 * @throws SluiceError `WorkflowNotFound`
 */
export async function findRegistered(
  server: RemoteServer,
  text: string,
): Promise<RegisteredWorkflow | undefined> {
  const [, name, asked] = REGISTERED.exec(text) ?? [];
  if (name === undefined || existsSync(text)) return undefined;
  const version = asked ?? (await newestVersion(server, name));
  const { graph } = await server.ask<{ graph: unknown }>(
    'GET',
    `/workflows/${name}/versions/${encodeURIComponent(version)}`,
  );
  return { name, version, graph: await parseGraph(JSON.stringify(graph), { recorded: true }) };
}

async function newestVersion(server: RemoteServer, name: string): Promise<string> {
  const { workflows } = await server.ask<{ workflows: WorkflowVersionBody[] }>(
    'GET',
    `/workflows/${name}/versions?limit=1`,
  );
  const [newest] = workflows;
  if (newest) return newest.version;
  throw new SluiceError(
    'WorkflowNotFound',
    `There is no file '${name}', and ${server.url} has no workflow '${name}'.`,
    {
      hint: 'See what there is: sluice workflows ls',
    },
  );
}
