import { join } from 'node:path';

/** The files of a configuration, in order of precedence; none need exist. */
export function configurationFiles(home: string, directory: string): string[] {
  return [join(directory, 'sluice.yaml'), join(home, 'config.yaml')];
}
