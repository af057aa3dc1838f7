import { resolve } from 'node:path';
import {
  type ArchiveSettings,
  type Configuration,
  type ContainerSettings,
  DEFAULT_ARCHIVE_SETTINGS,
  DEFAULT_CONFIGURATION,
  DEFAULT_CONTAINER_SETTINGS,
  type RetentionSettings,
  type ServerSettings,
} from './config.ts';
import type { ConfigurationFile } from './configuration-file.ts';
import { configurationSources } from './configuration-files.ts';
import type { FlyteSettings } from './flyte-settings.ts';
import { openConfiguration } from './open-configuration.ts';
import type { PlatformsSettings, RouterSettings } from './platforms-settings.ts';
import { requireTrust } from './require-trust.ts';
import { DEFAULT_LIMITS, type ResourceLimits } from './resource-limits.ts';

/**
 * Reads `sluice.yaml` and `plugins.yaml` of the working directory, or the files that `SLUICE_CONFIG` names in their
 * place, and `config.yaml` of the home. Where several speak, the first wins.
 *
 * @param trusted false: takes what an untrusted file says, to show what would come of it; nothing may be run with that
 * @throws SluiceError `ConfigInvalid` that names the file and the field; `ConfigUntrusted` for a file of the working
 *   directory that chooses what only a trusted one may
 */
export async function loadConfiguration(
  home: string,
  directory: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  { trusted = true }: { readonly trusted?: boolean } = {},
): Promise<Configuration> {
  const sources = configurationSources({ home, directory, environment });
  const opened = await Promise.all(sources.map(openConfiguration));
  const found = opened.filter((file) => file !== undefined);
  if (trusted) for (const file of found) requireTrust(home, file);
  return found.length === 0 ? DEFAULT_CONFIGURATION : mergeConfiguration(found.map(({ content }) => content));
}

/** One configuration of several files, the first of which wins. */
function mergeConfiguration(files: readonly ConfigurationFile[]): Configuration {
  const missing = files.map((file) => file.frameworks?.missingPackages).find((value) => value !== undefined);
  const leaseMs = files.map(({ lease }) => lease).find((value) => value !== undefined);
  const torchIndex = files.map((file) => file.frameworks?.torchIndex).find((value) => value !== undefined);
  const servers = files.map(({ server, directory }) => (server ? withWholePaths(server, directory) : {}));
  const platforms = files.flatMap((file) => file.platforms ?? []);
  const routers = files.flatMap((file) => file.router ?? []);
  const flyte = files.flatMap((file) => file.flyte ?? []);
  const retention = files.flatMap((file) => file.retention ?? []);
  return {
    images: files.flatMap((file) =>
      Object.entries(file.images ?? {}).map(([pattern, settings]) => ({
        pattern,
        directory: file.directory,
        ...settings,
      })),
    ),
    frameworks: {
      missingPackages: missing ?? DEFAULT_CONFIGURATION.frameworks.missingPackages,
      ...(torchIndex !== undefined && { torchIndex }),
    },
    containers: firstWins<ContainerSettings>([
      ...files.map((file) => file.containers ?? {}),
      DEFAULT_CONTAINER_SETTINGS,
    ]),
    limits: firstWins<ResourceLimits>([...files.map((file) => file.limits ?? {}), DEFAULT_LIMITS]),
    ...(files.some(({ server }) => server) && { server: firstWins<ServerSettings>(servers) }),
    ...(retention.length > 0 && { retention: firstWins<RetentionSettings>(retention) }),
    ...(platforms.length > 0 && { platforms: mergePlatforms(platforms) }),
    ...(routers.length > 0 && { router: firstWins<RouterSettings>(routers) }),
    ...(flyte.length > 0 && { flyte: firstWins<FlyteSettings>(flyte) }),
    ...(leaseMs !== undefined && { leaseMs }),
    archives: firstWins<ArchiveSettings>([
      ...files.map((file) => file.archives ?? {}),
      DEFAULT_ARCHIVE_SETTINGS,
    ]),
  };
}

/** The first wins, member by member. */
function firstWins<Settings extends object>(
  several: readonly { readonly [Member in keyof Settings]?: unknown }[],
): Settings {
  return Object.assign({}, ...several.toReversed());
}

/** Of each platform. */
function mergePlatforms(files: readonly PlatformsSettings[]): PlatformsSettings {
  const names = new Set(files.flatMap((file) => Object.keys(file))) as Set<keyof PlatformsSettings>;
  return Object.fromEntries(
    [...names].map((name) => [name, firstWins(files.map((file) => file[name] ?? {}))]),
  );
}

function withWholePaths(server: ServerSettings, directory: string): ServerSettings {
  const { accessLog, tls } = server;
  return {
    ...server,
    ...(accessLog !== undefined && accessLog !== '-' && { accessLog: resolve(directory, accessLog) }),
    ...(tls && {
      tls: { certificate: resolve(directory, tls.certificate), key: resolve(directory, tls.key) },
    }),
  };
}
