import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OpenedConfiguration } from './configuration-file.ts';
import type { ConfigurationSource } from './configuration-files.ts';
import { errorMessage, SluiceError, systemErrorCode } from './errors.ts';

/**
 * Reads one file: in Sluice's own form, in that of `plugins.yaml`, or as a ConfigMap that holds such a one. Undefined
 * where there is none; one that was named must be there.
 *
 * @throws SluiceError `ConfigInvalid`
 */
export async function openConfiguration(
  source: ConfigurationSource,
): Promise<OpenedConfiguration | undefined> {
  const { path, origin } = source;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && origin !== 'named') return undefined;
    throw invalid(path, errorMessage(error), error);
  }
  // Most homes have no such file: only then is the start slower.
  const { parseConfiguration } = await import('./parse-configuration.ts');
  try {
    const { form, content } = parseConfiguration(text, path);
    return { ...source, text, form, content: { directory: dirname(path), ...content } };
  } catch (error) {
    throw invalid(path, errorMessage(error), error);
  }
}

function invalid(path: string, reason: string, cause: unknown): SluiceError {
  return new SluiceError('ConfigInvalid', `${path}: ${reason}`, { cause, hint: 'Correct the file.' });
}
