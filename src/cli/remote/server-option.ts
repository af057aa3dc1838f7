import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import type { RemoteServer } from './remote-server.ts';

/** What a command that may ask a server has. */
export interface ServerOption {
  readonly server?: string;
}

/** Adds `--server`. */
export function addServerOption(command: Command): Command {
  return command.option(
    '--server <url>',
    'ask this server of Sluice, not the home (default: $SLUICE_SERVER)',
  );
}

/**
 * The server that was named; undefined: the home of this machine. What speaks with one is loaded only then.
 *
 * @throws SluiceError `InvalidArgument`
 */
export async function chosenServer(
  { server }: ServerOption,
  context: CliContext,
): Promise<RemoteServer | undefined> {
  const url = server ?? (context.environment['SLUICE_SERVER'] || undefined);
  if (url === undefined) return undefined;
  if (/^https?:\/\/[^/?#\s]+\/?$/.test(url) && URL.canParse(url)) {
    const { RemoteServer: Server } = await import('./remote-server.ts');
    return new Server(url.replace(/\/$/, ''), context);
  }
  const name = server === undefined ? 'SLUICE_SERVER' : '--server';
  throw new SluiceError(
    'InvalidArgument',
    `${name}: expected a URL such as http://127.0.0.1:4777, got '${url}'.`,
  );
}

/** As {@link chosenServer}, for what only servers have. */
export async function requiredServer(option: ServerOption, context: CliContext): Promise<RemoteServer> {
  const server = await chosenServer(option, context);
  if (server) return server;
  throw new SluiceError('InvalidArgument', '--server: expected the URL of a server, got none.', {
    hint: 'Name it with --server http://127.0.0.1:4777, or in SLUICE_SERVER; sluice serve starts one.',
  });
}
