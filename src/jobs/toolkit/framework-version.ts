import { readdir } from 'node:fs/promises';
import { type FrameworkImage, frameworkDistribution } from '../../contract/framework-images.ts';
import { sitePackagesOf } from './environment-directory.ts';
import type { ProgramHost } from './host-program.ts';
import type { JobPython } from './job-python.ts';

/** Says in the log which version of the framework runs, where it is another one than the image's. */
export async function noteFrameworkVersion(
  { framework, version }: { readonly [Field in keyof FrameworkImage]?: FrameworkImage[Field] | undefined },
  { directory, layers, python }: JobPython,
  log: ProgramHost['log'],
): Promise<void> {
  if (framework === undefined || version === undefined) return;
  const { name, distributions } = frameworkDistribution(framework);
  const installed = [directory, ...layers].map((layer) => sitePackagesOf(layer, python));
  for (const place of [...installed, ...python.packagePath]) {
    const found = await versionIn(place, distributions);
    if (found === undefined) continue;
    const source = installed.includes(place) ? ', installed for' : ' of';
    if (!isOf(version, found)) {
      log.note(
        `The image has ${name} ${version}; this job runs with ${name} ${found}${source} the local Python ${python.fullVersion}.`,
      );
    }
    return;
  }
}

/** The version of a package in a directory of packages. */
async function versionIn(directory: string, distributions: readonly string[]): Promise<string | undefined> {
  const names = await readdir(directory).catch(() => []);
  const found = names.map((name) => /^(.+)-([^-]+)\.(?:dist|egg)-info$/.exec(name));
  return found.find((match) => match && distributions.includes(normal(match[1] as string)))?.[2];
}

/** As package indexes compare names: https://packaging.python.org/en/latest/specifications/name-normalization/ */
function normal(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** Whether an image of `1.2-1` has `1.2.2`. */
function isOf(image: string, found: string): boolean {
  const version = image.replace(/-.*/, '');
  const own = found.replace(/\+.*/, '');
  return own === version || own.startsWith(`${version}.`);
}
