import type { ConfigurationFile } from './configuration-file.ts';

/** The path of a member of the configuration: `['images', 'my:*', 'command']`. */
export type ConfigurationPath = readonly string[];

/**
 * What a file chooses that only a trusted one may: programs, endpoints, platforms with their roles and places, secrets,
 * databases, who may use a server, what is removed, and where jobs go and what they may cost.
 */
export function trustedChoices(file: ConfigurationFile): ConfigurationPath[] {
  const {
    database,
    images = {},
    frameworks,
    containers,
    server,
    platforms = {},
    router,
    flyte,
    retention,
  } = file;
  const found: ConfigurationPath[] = [];
  const take = (...path: string[]): void => void found.push(path);
  if (database) take('database');
  for (const [pattern, image] of Object.entries(images)) {
    for (const name of ['command', 'serve', 'container', 'environment'] as const)
      if (image[name] !== undefined) take('images', pattern, name);
  }
  if (frameworks?.torchIndex !== undefined) take('frameworks', 'torchIndex');
  if (containers?.arguments?.length) take('containers', 'arguments');
  // Limits of its API let nobody in.
  for (const name of Object.keys(server ?? {})) if (name !== 'runs') take('server', name);
  for (const [platform, settings] of Object.entries(platforms)) {
    if (platform === 'local') continue;
    const members = Object.keys(settings ?? {});
    if (members.length === 0) take('platforms', platform);
    for (const member of members) take('platforms', platform, member);
  }
  for (const name of Object.keys(router ?? {})) take('router', name);
  for (const name of Object.keys(flyte ?? {})) take('flyte', name);
  if (Object.keys(retention ?? {}).length > 0) take('retention');
  return found;
}
