import { resolve } from 'node:path';
import type { Command } from 'commander';
import { trustedChoices } from '../../core/configuration-choices.ts';
import type { ConfigurationSource } from '../../core/configuration-files.ts';
import { SluiceError } from '../../core/errors.ts';
import { openConfiguration } from '../../core/open-configuration.ts';
import { keyInFile } from '../../core/require-trust.ts';
import { distrustFile, trustFile } from '../../core/trust.ts';
import { sourcesOf } from '../check-configuration.ts';
import { type CliContext, readContext } from '../context.ts';
import { printDocument } from '../output.ts';

/** What has become of one file. */
interface TrustedFile {
  readonly file: string;
  readonly trusted: boolean;
  /** What it chooses that only a trusted file may. */
  readonly choices: readonly string[];
}

/** `sluice config trust` */
export function configure(command: Command): void {
  command
    .argument('[file...]', 'files to trust (default: sluice.yaml and plugins.yaml here)')
    .option('--remove', 'trust them no longer')
    .addHelpText(
      'after',
      `
A sluice.yaml or plugins.yaml that merely lies in the directory may be a
stranger's, of a repository that was cloned. Until you trust it, it may not
choose programs (images: command, serve, container, environment;
containers.arguments), endpoints and databases, platforms with their roles and
places, secrets and keys, who may use a server, what is removed, nor what may be
spent without being asked. Read it first. Trust is kept in the home, for this
file with this text: once it changes it is not trusted any more.

Examples:
  sluice config trust
  sluice config trust ./sluice.yaml
  sluice config trust --remove`,
    )
    .action(async (named: string[], { remove = false }: { remove?: boolean }) => {
      const context = readContext(command);
      const sources =
        named.length > 0
          ? named.map((path): ConfigurationSource => ({ path: resolve(path), origin: 'named' }))
          : sourcesOf({ ...context, environment: {} }).filter(({ origin }) => origin === 'directory');
      const files = remove
        ? sources.map((each) => distrust(context, each))
        : await trustAll(context, sources);
      printDocument(context, { files }, (document) => document.files.map(toText).join('\n'));
    });
}

function distrust({ paths }: CliContext, { path }: ConfigurationSource): TrustedFile {
  distrustFile(paths.home, path);
  return { file: path, trusted: false, choices: [] };
}

async function trustAll(
  { paths }: CliContext,
  sources: readonly ConfigurationSource[],
): Promise<TrustedFile[]> {
  // Read, all of them, before any is trusted.
  const files = (await Promise.all(sources.map(openConfiguration))).filter((file) => file !== undefined);
  if (files.length === 0)
    throw new SluiceError('ConfigInvalid', 'There is no sluice.yaml and no plugins.yaml here.', {
      hint: 'Go to the directory that has it, or name the file.',
    });
  return files.map((file) => {
    trustFile(paths.home, file.path, file.text);
    const choices = trustedChoices(file.content).map((choice) => keyInFile(file, choice));
    return { file: file.path, trusted: true, choices };
  });
}

function toText({ file, trusted, choices }: TrustedFile): string {
  if (!trusted) return `${file} is not trusted.`;
  if (choices.length === 0) return `${file} is trusted; it chooses nothing that would need it.`;
  return [`${file} is trusted until it changes. It chooses`, ...choices.map((each) => `  ${each}`)].join(
    '\n',
  );
}
