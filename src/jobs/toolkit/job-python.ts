import { delimiter, dirname, join } from 'node:path';
import { type Framework, type FrameworkPackage, frameworkPackages } from '../../contract/framework-images.ts';
import { namedImagePackages } from '../../contract/image-packages.ts';
import type { Mount } from '../../contract/mount.ts';
import { removeTree } from '../../core/tree/index.ts';
import { environmentPython, makeEnvironment, makeUserBase, userBase } from './environment-directory.ts';
import { missingPackagesNote } from './missing-module.ts';
import { placeInJob } from './place-in-job.ts';
import { describePython, type LocalPython } from './python.ts';
import {
  frameworkLayer,
  jobIndexAccess,
  type LayerContext,
  layerMounts,
  pipLayer,
  requirementsLayer,
} from './python-layers.ts';
import { readSources } from './read-sources.ts';
import { standIns } from './stand-ins.ts';

/** The Python of one host of a job: an environment of its own, which it may install into. */
export interface JobPython {
  /** Absolute, the same in the job. */
  readonly executable: string;
  readonly directory: string;
  readonly layers: readonly string[];
  readonly python: LocalPython;
  /** To set beneath the job's own environment. */
  readonly defaults: Readonly<Record<string, string>>;
  /** To set above it. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

/** What the images set: text is UTF-8, and output comes as it is printed. */
const IMAGE_DEFAULTS = { LANG: 'C.UTF-8', PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' };

/** What a host's Python is made of. */
export interface JobPythonOptions extends Omit<LayerContext, 'python'> {
  /** Undefined for a script that asks for none: then the local Python is all there is. */
  readonly framework?: Framework | undefined;
  /** Of the image; without it every package is the newest. */
  readonly version?: string | undefined;
  /** What this job needs beside the framework's packages. @default [] */
  readonly extraPackages?: readonly FrameworkPackage[];
  /** Where a requirements.txt may lie, in the job. */
  readonly codeDirectory?: string | undefined;
  /** Where its scripts lie, in the job. @default codeDirectory */
  readonly sourceDirectory?: string | undefined;
}

/**
 * Makes the Python of one host: the local one, the framework's packages where it lacks them, the packages of
 * requirements.txt, and on top an empty environment that is the job's own.
 *
 * @throws JobFailure
 */
export async function prepareJobPython(options: JobPythonOptions): Promise<JobPython> {
  const { framework, version, extraPackages = [] } = options;
  const own = [...(framework ? frameworkPackages(framework, version) : []), ...extraPackages];
  const named = framework ? await packagesThatScriptsName(options, own) : [];
  const python = await describePython([...own, ...named].map(({ module }) => module));
  const context: LayerContext = { ...options, python };
  const layers = await pipLayer(context);
  // Apart: what fails for one of many must not take the framework with it.
  for (const packages of [own, named]) layers.unshift(...(await addPackages(context, packages, layers)));
  const { codeDirectory } = options;
  if (codeDirectory) layers.unshift(...(await requirementsLayer(context, codeDirectory, layers)));
  return ownEnvironment(context, layers);
}

/** What the image holds beside the framework, as far as the scripts name it. */
async function packagesThatScriptsName(
  { host, mounts, sourceDirectory, codeDirectory, environment }: JobPythonOptions,
  own: readonly FrameworkPackage[],
): Promise<FrameworkPackage[]> {
  const directory = sourceDirectory ?? codeDirectory;
  if (directory === undefined) return [];
  const sources = await readSources(placeInJob(host, mounts, directory), /\.py$/);
  const values = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('SM_HP_') ? value : [],
  );
  const known = new Set(own.map(({ module }) => module));
  return namedImagePackages(sources, values).filter(({ module }) => !known.has(module));
}

async function ownEnvironment(context: LayerContext, layers: readonly string[]): Promise<JobPython> {
  const { host, python, environment } = context;
  // No name that a container could have: the job writes there.
  const directory = join(dirname(dirname(host.mlDirectory)), 'python.env');
  await removeTree(directory);
  const { path: standInPath, mounts: standInMounts } = standIns(context);
  await makeEnvironment({ directory, python, layers, last: standInPath });
  await makeUserBase(directory, python);
  const access = await jobIndexAccess(context);
  const own = context.life.context.executor.capabilities.mounts
    ? [{ source: directory, target: directory, readOnly: false }]
    : [];
  const path = [userBase(directory), directory, ...layers].map((each) => join(each, 'bin'));
  if (environment['PATH']) path.push(environment['PATH']);
  return {
    executable: environmentPython(directory),
    directory,
    layers,
    python,
    defaults: { ...IMAGE_DEFAULTS, ...access.environment, PYTHONUSERBASE: userBase(directory) },
    overrides: { VIRTUAL_ENV: directory, PATH: path.join(delimiter) },
    mounts: [...layerMounts(context, layers), ...access.mounts, ...own, ...standInMounts],
  };
}

/** The layer of what the local Python lacks; a note in the log where it cannot be had, and the job goes on. */
async function addPackages(
  context: LayerContext,
  packages: readonly FrameworkPackage[],
  layers: readonly string[],
): Promise<string[]> {
  const { host, python, life } = context;
  const missing = packages.filter(({ module }) => python.missing.includes(module));
  if (missing.length === 0) return [];
  if (life.context.configuration.frameworks.missingPackages === 'install') {
    for (const wanted of withNewest(missing)) {
      const result = await frameworkLayer(context, wanted, layers);
      if ('directory' in result) return [result.directory];
      host.log.note(`They could not be installed: ${result.failure.message}`);
    }
  }
  host.log.note(
    `${missingPackagesNote(python, missing)} Install them there, or name them in requirements.txt beside the script.`,
  );
  return [];
}

/** First in the image's versions, then in the newest ones: an old version may not exist for this Python. */
function withNewest(packages: readonly FrameworkPackage[]): (readonly FrameworkPackage[])[] {
  const pinned = packages.some(({ requirement }) => requirement !== undefined);
  const newest = packages.map((each) => ({ ...each, requirement: undefined }));
  return pinned ? [packages, newest] : [newest];
}
