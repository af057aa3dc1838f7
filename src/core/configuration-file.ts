import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type {
  ArchiveSettings,
  ContainerSettings,
  ImageSettings,
  MissingPackages,
  RetentionSettings,
  ServerSettings,
} from './config.ts';
import type { ConfigurationSource } from './configuration-files.ts';
import { errorMessage, SluiceError, systemErrorCode } from './errors.ts';
import type { PlatformsSettings, RouterSettings } from './platforms-settings.ts';
import type { ResourceLimits } from './resource-limits.ts';

/** What one file says. */
export interface ConfigurationFile {
  /** Where it lies. */
  readonly directory: string;
  /** The URL of the database, where it is not in the home. */
  readonly database?: string | undefined;
  readonly images?: Readonly<Record<string, ImageSettings>> | undefined;
  readonly frameworks?:
    | { readonly missingPackages?: MissingPackages | undefined; readonly torchIndex?: string | undefined }
    | undefined;
  readonly limits?: { readonly [Member in keyof ResourceLimits]?: number | undefined } | undefined;
  readonly retention?: RetentionSettings | undefined;
  readonly containers?:
    | { readonly [Member in keyof ContainerSettings]?: ContainerSettings[Member] | undefined }
    | undefined;
  readonly server?: ServerSettings | undefined;
  readonly platforms?: PlatformsSettings | undefined;
  readonly router?: RouterSettings | undefined;
  /** Milliseconds. */
  readonly lease?: number | undefined;
  readonly archives?:
    | { readonly [Member in keyof ArchiveSettings]?: ArchiveSettings[Member] | undefined }
    | undefined;
}

/** A file as it was read: its text, which trust is a matter of, and what it says. */
export interface OpenedConfiguration extends ConfigurationSource {
  readonly text: string;
  /** How the file writes its keys: in Sluice's own way, or in that of Flyte's plugins. */
  readonly form: 'sluice' | 'plugins';
  readonly content: ConfigurationFile;
}

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
