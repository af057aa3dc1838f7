import type {
  ArchiveSettings,
  ContainerSettings,
  ImageSettings,
  MissingPackages,
  RetentionSettings,
  ServerSettings,
} from './config.ts';
import type { ConfigurationSource } from './configuration-files.ts';
import type { FlyteSettings } from './flyte-settings.ts';
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
  readonly flyte?: FlyteSettings | undefined;
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
