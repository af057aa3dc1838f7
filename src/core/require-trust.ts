import { type ConfigurationPath, trustedChoices } from './configuration-choices.ts';
import type { OpenedConfiguration } from './configuration-file.ts';
import { SluiceError } from './errors.ts';
import { pluginsKey } from './plugins-file.ts';
import { trustOf } from './trust.ts';

/** The place of a member as its file writes it: `images.my:*.command`, `plugins.sagemaker.execution-role`. */
export function keyInFile({ form }: Pick<OpenedConfiguration, 'form'>, path: ConfigurationPath): string {
  return form === 'plugins' ? pluginsKey(path) : path.join('.');
}

/** What a file of the working directory chooses without the user having said that it may. */
export function untrustedChoices(home: string, file: OpenedConfiguration): ConfigurationPath[] {
  if (file.origin !== 'directory') return [];
  const choices = trustedChoices(file.content);
  return choices.length === 0 || trustOf(home, file.path, file.text) === 'trusted' ? [] : choices;
}

/**
 * Refuses a file that merely lies in the working directory and chooses what only a trusted one may.
 *
 * @param only looks at these members alone. @default all
 * @throws SluiceError `ConfigUntrusted`
 */
export function requireTrust(
  home: string,
  file: OpenedConfiguration,
  only: (path: ConfigurationPath) => boolean = () => true,
): void {
  const choices = untrustedChoices(home, file).filter(only);
  if (choices.length === 0) return;
  const keys = choices.map((path) => keyInFile(file, path)).join(', ');
  const changed = trustOf(home, file.path, file.text) === 'changed';
  throw new SluiceError(
    'ConfigUntrusted',
    `${file.path} ${changed ? 'has changed since it was trusted' : 'is not trusted'}, and chooses programs, places, platforms or rights: ${keys}.`,
    { hint: 'Read the file. Where it may choose them: sluice config trust. Or name it: --config FILE.' },
  );
}
