import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { sdkConfigurationFile } from '../../core/home.ts';
import { findHomeServer, type HomeServer, homeCredentials } from '../../home/server/index.ts';
import { type CliContext, readContext } from '../context.ts';
import { printJson } from '../output.ts';
import type { ShownCredentials } from '../serve/open-access.ts';
import { exportLines } from '../serve/print-start.ts';

/** `sluice env` */
export function configure(command: Command): void {
  command
    .addHelpText(
      'after',
      `
Prints what leads AWS's clients to the server of this home, with the home's own credentials where it was started with
--credentials.

Examples:
  eval "$(sluice env)"
  sluice env --json`,
    )
    .action(() => {
      const context = readContext(command);
      const { paths, account, json } = context;
      const server = findHomeServer(paths.home);
      if (!server) {
        throw new SluiceError('InvalidArgument', `No server runs for the home ${paths.home}.`, {
          hint: 'Start one with: sluice serve --credentials',
        });
      }
      const shown = shownCredentials(context, server);
      const sdkConfiguration = sdkConfigurationFile(paths.home);
      if (json) return printJson({ url: server.url, sdkConfiguration, ...shown });
      const lines = exportLines({ url: server.url, account, shown, sdkConfiguration });
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}

function shownCredentials(
  { paths, environment }: CliContext,
  { credentials = 'none' }: HomeServer,
): ShownCredentials {
  if (credentials === 'home') return { kind: 'home', credentials: homeCredentials(paths.home) };
  if (credentials === 'none') return { kind: 'none' };
  return { kind: credentials, accessKeyId: environment['SLUICE_ACCESS_KEY_ID'] ?? '…' };
}
