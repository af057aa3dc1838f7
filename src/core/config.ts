import type { FlyteSettings } from './flyte-settings.ts';
import { matchesPattern } from './matches-pattern.ts';
import type { PlatformsSettings, RouterSettings } from './platforms-settings.ts';
import { DEFAULT_LIMITS, type ResourceLimits } from './resource-limits.ts';

/** What runs here in place of an image: one entry of `images:`. */
export interface ImageSettings {
  /** The program that trains or processes, and its arguments. Relative files are beside the configuration. */
  readonly command?: readonly string[] | undefined;
  /** The program that serves a model at `SAGEMAKER_BIND_TO_PORT`. */
  readonly serve?: readonly string[] | undefined;
  /** The image of the local container engine that it runs in, with the container executor and with `auto`. */
  readonly container?: string | undefined;
  /** Runs it as the container of this framework: scripts of `sagemaker_program`, inference scripts. */
  readonly framework?: string | undefined;
  /** Set for its jobs; the request's Environment wins. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** An entry of `images:` with its place. */
export interface ImageRule extends ImageSettings {
  /** An image's name, where `*` stands for any text. */
  readonly pattern: string;
  /** Absolute: where relative files are looked for. */
  readonly directory: string;
}

/** What to do about framework packages that the local Python lacks: install them from the package index, or not. */
export type MissingPackages = 'install' | 'report';

/** What holds for every container that runs a job. */
export interface ContainerSettings {
  /** Whether an image that the engine does not have is pulled from its registry. @default 'never' */
  readonly pull: 'never' | 'missing';
  /** Who runs in it: who the image says, or who started Sluice. @default what leaves files that the caller can remove */
  readonly user?: 'image' | 'caller' | undefined;
  /** Further arguments of the engine's `run`: `--gpus all`, `--memory 8g`. @default [] */
  readonly arguments: readonly string[];
}

/** A key that requests to the server may be signed with. */
export interface ServerKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Limits of the runs' API of a server. */
export interface RunLimitSettings {
  /** @default 16 */
  readonly maxGraphMiB?: number | undefined;
  /** Of one graph. @default 20000 */
  readonly maxNodes?: number | undefined;
  /** Of the values of a run's inputs. @default 1024 */
  readonly maxInputKiB?: number | undefined;
  /** Of one archive, and four times that unpacked. @default 1024 */
  readonly maxBundleMiB?: number | undefined;
  /** Runs that have not ended. @default 10000 */
  readonly maxOpenRuns?: number | undefined;
  /** Readers of events and logs at the same time. @default 1000 */
  readonly maxStreams?: number | undefined;
}

/** What holds for `sluice serve`. */
export interface ServerSettings {
  /** What the runs' API takes at most. */
  readonly runs?: RunLimitSettings | undefined;
  /** Where the other servers of the database reach it. @default the address that it listens on */
  readonly url?: string | undefined;
  /** Further names that the server goes by: `sluice`, `sluice.example.com`; `*` is any. @default [] */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may use it: `https://notebook.example.com`; `*` is any. @default [] */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Whether requests must be signed with the home's own credentials, which are made when there are none. @default false */
  readonly credentials?: boolean | undefined;
  /** Further keys, by the names of who has them: requests must be signed then. @default {} */
  readonly keys?: Readonly<Record<string, ServerKey>> | undefined;
  /** What the credentials of jobs reach. @default 'data' */
  readonly jobAccess?: 'data' | 'all' | undefined;
  /** The file of the access log; `-` is stdout. @default none */
  readonly accessLog?: string | undefined;
  /** Files of PEM. @default none: the server speaks HTTP */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
}

/** What is removed by itself, after runs and by servers. Each absent limit is none. */
export interface RetentionSettings {
  /** What has not been of use for so long, milliseconds. */
  readonly olderThan?: number | undefined;
  /** As much of the oldest as leaves at most this, bytes. */
  readonly maxSize?: number | undefined;
  /** Runs that could be resumed, too. @default false */
  readonly failedRuns?: boolean | undefined;
}

/** How far archives that are unpacked for jobs may go: against those that are made to fill a disk. */
export interface ArchiveSettings {
  /** @default as much as the disk has room for */
  readonly maxUnpackedGiB?: number | undefined;
  /** How many times of its own size an archive may unpack to, above 1 GiB. @default 200 */
  readonly maxRatio: number;
}

/** The configuration of a home and of the directory that Sluice was started in. */
export interface Configuration {
  /** In order of precedence. */
  readonly images: readonly ImageRule[];
  readonly frameworks: {
    /** @default 'install' */
    readonly missingPackages: MissingPackages;
    /** Where wheels of torch come from: the URL of an index, or `none` for pip's own. @default PyTorch's for CPUs, where there is no GPU */
    readonly torchIndex?: string | undefined;
  };
  /** @default {@link DEFAULT_CONTAINER_SETTINGS} */
  readonly containers?: ContainerSettings;
  /** What each host of a job may use in the sandbox. @default {@link DEFAULT_LIMITS} */
  readonly limits?: ResourceLimits;
  /** Relative files are made absolute. @default {} */
  readonly server?: ServerSettings;
  /** Where tasks run. @default {} */
  readonly platforms?: PlatformsSettings;
  /** How `platform: 'auto'` is chosen. @default {} */
  readonly router?: RouterSettings;
  /** What tasks of Flyte's may use. @default {} */
  readonly flyte?: FlyteSettings;
  /** @default nothing is removed */
  readonly retention?: RetentionSettings;
  /** @default {@link DEFAULT_ARCHIVE_SETTINGS} */
  readonly archives?: ArchiveSettings;
  /** For how long a worker holds what it owns without renewing that, milliseconds. @default 15000 */
  readonly leaseMs?: number | undefined;
}

/** What holds for archives where no file says otherwise. */
export const DEFAULT_ARCHIVE_SETTINGS: ArchiveSettings = { maxRatio: 200 };

/** What holds for containers where no file says otherwise. */
export const DEFAULT_CONTAINER_SETTINGS: ContainerSettings = { pull: 'never', arguments: [] };

/** What holds where no file says otherwise. */
export const DEFAULT_CONFIGURATION: Configuration = {
  images: [],
  frameworks: { missingPackages: 'install' },
  containers: DEFAULT_CONTAINER_SETTINGS,
  limits: DEFAULT_LIMITS,
  archives: DEFAULT_ARCHIVE_SETTINGS,
};

/** The rule for an image: the first whose pattern fits. */
export function ruleForImage(rules: readonly ImageRule[], image: string): ImageRule | undefined {
  return rules.find(({ pattern }) => matchesPattern(pattern, image));
}
