import { delimiter, join, resolve } from 'node:path';

/** Where a configuration is looked for. */
export interface ConfigurationPlaces {
  readonly home: string;
  /** The working directory. */
  readonly directory: string;
  /** `SLUICE_CONFIG` names files, as `--config` does. @default none are named */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** One file of a configuration; it need not exist. */
export interface ConfigurationSource {
  /** Absolute. */
  readonly path: string;
  /** What merely lies in the working directory must be trusted first; what the user has named, or has in the home, is. */
  readonly origin: 'named' | 'directory' | 'home';
}

/** The files of a configuration, in order of precedence. Those that are named stand in place of the directory's. */
export function configurationSources({
  home,
  directory,
  environment,
}: ConfigurationPlaces): ConfigurationSource[] {
  const named = (environment?.['SLUICE_CONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return [
    ...(named.length > 0
      ? [...new Set(named.map((path) => resolve(directory, path)))].map((path) => ({
          path,
          origin: 'named' as const,
        }))
      : ['sluice.yaml', 'plugins.yaml'].map((name) => ({
          path: join(directory, name),
          origin: 'directory' as const,
        }))),
    { path: join(home, 'config.yaml'), origin: 'home' },
  ];
}
