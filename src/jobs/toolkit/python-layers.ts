import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { algorithmError } from '../../contract/failure-reason.ts';
import type { FrameworkPackage } from '../../contract/framework-images.ts';
import type { Mount } from '../../contract/mount.ts';
import { readBelow } from '../../core/tree/index.ts';
import type { NetworkIsolation } from '../../executors/index.ts';
import { hostPath, JobFailure, jobPlace } from '../../hosts/index.ts';
import { cachedEnvironment } from './cached-environment.ts';
import { makeEnvironment } from './environment-directory.ts';
import type { ProgramHost, ProgramLife } from './host-program.ts';
import { type IndexAccess, indexAccess } from './index-environment.ts';
import { missingPackagesNote } from './missing-module.ts';
import { placeInJob } from './place-in-job.ts';
import type { LocalPython } from './python.ts';
import { isSelfContained } from './requirements.ts';
import { decidingVariables, requirementsKey } from './requirements-key.ts';
import { type PipResult, runPip } from './run-pip.ts';
import { TOOLKIT_EXIT_CODE, type ToolkitError, toolkitFailureText } from './toolkit-failure.ts';
import { namesTorch, torchIndex } from './torch-index.ts';

/** More is not read. */
const LONGEST_REQUIREMENTS_BYTES = 16 * 1024 * 1024;

/** What every layer of one host's Python is made with. */
export interface LayerContext {
  readonly life: ProgramLife;
  readonly host: ProgramHost;
  readonly python: LocalPython;
  /** The job's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The job's channels. */
  readonly mounts: readonly Mount[];
  /** Of the network that the job's own requirements are installed in. @default none */
  readonly isolation?: NetworkIsolation | undefined;
  /** What is installed stands for the image: nothing of a job decides on it. @default false */
  readonly ofTheImage?: boolean | undefined;
}

/** A layer that jobs share, and what pip said where it could not be made. */
export type LayerResult = { readonly directory: string } | { readonly failure: PipResult };

/** A failed install leaves the builder of a cached environment like this. */
class InstallFailed extends Error {
  readonly result: PipResult;

  constructor(result: PipResult) {
    super(result.message);
    this.result = result;
  }
}

/** The layer that holds pip, where the local Python has none. @throws JobFailure */
export async function pipLayer(context: LayerContext): Promise<string[]> {
  if (context.python.hasPip) return [];
  const commands = [['-I', '-m', 'ensurepip', '--default-pip']];
  const result = await sharedLayer(ofTheImage(context), ['pip'], [], commands, '/opt/ml');
  if ('directory' in result) return [result.directory];
  const { executable } = context.python.installation;
  throw installFailure(
    'InstallRequirementsError',
    result.failure,
    `${executable} has neither pip nor ensurepip: install pip (Debian, Ubuntu: apt-get install python3-pip).`,
  );
}

/** Isolated: no module of the job's code, or that its environment names, stands in for one of pip's in what others share. */
const INSTALL = ['-I', '-m', 'pip', 'install'];

const BOTO3_LIKE_BOTOCORE = `
import botocore, runpy, sys
sys.argv = ["pip", "install", "boto3==" + botocore.__version__]
runpy.run_module("pip", run_name="__main__")`;

/** The layer of framework packages that the local Python lacks. */
export async function frameworkLayer(
  context: LayerContext,
  packages: readonly FrameworkPackage[],
  layers: readonly string[],
): Promise<LayerResult> {
  const note = `${missingPackagesNote(context.python, packages)} They are installed once and kept for later jobs.`;
  const { environment } = await jobIndexAccess(context);
  const index = torchIndex(context.life.context.configuration.frameworks, environment);
  const torch =
    packages.some(({ module }) => module === 'torch') && index !== undefined ? [torchFrom(index)] : [];
  const commands = [...torch, ...frameworkInstalls(packages)];
  const key = ['framework', ...commands.flat()];
  return sharedLayer(ofTheImage(context), key, layers, commands, '/opt/ml', { note, optional: torch.length });
}

/** What stands for the image has nothing of the job: neither its network nor its environment, since other jobs share it. */
function ofTheImage(context: LayerContext): LayerContext {
  return { ...context, isolation: undefined, environment: {}, mounts: [], ofTheImage: true };
}

/** Without dependencies, which pip's own index has: the command that follows brings them. */
function torchFrom(index: string): string[] {
  return [...INSTALL, '--index-url', index, '--retries', '1', '--timeout', '20', '--no-deps', 'torch'];
}

/** What pip is run with for a framework's packages: those first that are installed without their dependencies. */
export function frameworkInstalls(packages: readonly FrameworkPackage[]): string[][] {
  const withS3 = packages.some(({ module }) => module === 's3fs');
  const named = (wanted: boolean) =>
    packages
      .filter(({ alone = false, module }) => alone === wanted && !(withS3 && module.startsWith('boto')))
      .map(({ name, requirement }) => requirement ?? name)
      .sort();
  const alone = named(true);
  const rest = named(false);
  return [
    ...(alone.length > 0 ? [[...INSTALL, '--no-deps', ...alone]] : []),
    ...(rest.length > 0 ? [[...INSTALL, ...rest]] : []),
    // What s3fs has brought hides the local one: boto3 has to be of the same version.
    ...(withS3 ? [['-I', '-c', BOTO3_LIKE_BOTOCORE]] : []),
  ];
}

/**
 * The layer of a requirements.txt, shared by every job with the same one; none where there is no such file, or it
 * names other files and has to be installed into the job's own environment.
 *
 * @throws JobFailure as the toolkit fails
 */
export async function requirementsLayer(
  context: LayerContext,
  codeDirectory: string,
  layers: readonly string[],
): Promise<string[]> {
  const text = await readRequirements(context, codeDirectory);
  if (text === undefined || !isSelfContained(text)) return [];
  context.host.log.note('Installing dependencies from requirements.txt');
  const command = [...INSTALL, '-r', 'requirements.txt'];
  const { environment } = await jobIndexAccess(context);
  // Nothing else of the job's environment may decide what other jobs get.
  const own = { ...context, environment: decidingVariables(text, context.environment) };
  const key = ['requirements', ...(await requirementsKey(text, { ...environment, ...own.environment }, own))];
  const result = await sharedLayer(own, key, layers, [command], codeDirectory);
  if ('directory' in result) return [result.directory];
  throw installFailure('InstallRequirementsError', result.failure);
}

/** Installs what cannot be shared into the job's own environment. @throws JobFailure as the toolkit fails */
export async function installOwn(
  context: LayerContext,
  directory: string,
  codeDirectory: string,
  what: 'requirements' | 'module',
  layers: readonly string[],
): Promise<void> {
  const text = await readRequirements(context, codeDirectory);
  const withRequirements = text !== undefined && !isSelfContained(text) ? ['-r', 'requirements.txt'] : [];
  if (what === 'requirements' && withRequirements.length === 0) return;
  const { host } = context;
  host.log.note(what === 'module' ? 'Installing module.' : 'Installing dependencies from requirements.txt');
  const command = ['-m', 'pip', 'install', ...(what === 'module' ? ['.'] : []), ...withRequirements];
  const result = await install(context, directory, layers, command, codeDirectory);
  if (result.exitCode === 0) return;
  throw installFailure(what === 'module' ? 'InstallModuleError' : 'InstallRequirementsError', result);
}

/** Layers as the job sees them: read-only, at their own paths. */
export function layerMounts(context: LayerContext, layers: readonly string[]): Mount[] {
  if (!context.life.context.executor.capabilities.mounts) return [];
  return layers.map((layer) => ({ source: layer, target: layer, readOnly: true }));
}

/**
 * How the job's pip reaches the package index. Jobs write into the cache of their downloads: what stands for images, in every
 * later job, has another.
 */
export async function jobIndexAccess({ life, ofTheImage = false }: LayerContext): Promise<IndexAccess> {
  const access = await indexAccess(join(life.context.home.cache, ofTheImage ? 'pip' : 'pip-of-jobs'));
  return life.context.executor.capabilities.mounts ? access : { ...access, mounts: [] };
}

async function sharedLayer(
  context: LayerContext,
  key: readonly string[],
  layers: readonly string[],
  commands: readonly (readonly string[])[],
  workingDirectory: string,
  { note, optional = 0 }: { readonly note?: string; readonly optional?: number } = {},
): Promise<LayerResult> {
  const { life, host, python } = context;
  try {
    const directory = await cachedEnvironment({
      root: join(life.context.home.cache, 'python'),
      key: [python.baseExecutable, python.fullVersion, ...python.sitePackages, ...layers, ...key],
      signal: life.stopSignal,
      onWait: () => host.log.note('Another job installs the same packages: waiting for it.'),
      build: async (target) => {
        if (note !== undefined) host.log.note(note);
        await makeEnvironment({ directory: target, python, layers });
        for (const [position, command] of commands.entries()) {
          const result = await install(context, target, layers, command, workingDirectory);
          if (result.exitCode !== 0 && position >= optional) throw new InstallFailed(result);
        }
      },
    });
    return { directory };
  } catch (error) {
    if (error instanceof InstallFailed) return { failure: error.result };
    throw error;
  }
}

async function install(
  context: LayerContext,
  directory: string,
  layers: readonly string[],
  command: readonly string[],
  workingDirectory: string,
): Promise<PipResult> {
  const { life, host, environment } = context;
  const access = await jobIndexAccess(context);
  const own = life.context.executor.capabilities.mounts
    ? [{ source: directory, target: directory, readOnly: false }]
    : [];
  const { PYTHONDONTWRITEBYTECODE: _, ...rest } = environment;
  const torch = await torchEnvironment(
    context,
    { ...access.environment, ...environment },
    command,
    workingDirectory,
  );
  return runPip({
    life,
    host,
    directory,
    isolation: context.isolation,
    arguments: command,
    environment: {
      ...access.environment,
      ...rest,
      ...torch,
      VIRTUAL_ENV: directory,
      PATH: join(directory, 'bin'),
    },
    mounts: [...context.mounts, ...layerMounts(context, layers), ...access.mounts, ...own],
    workingDirectory,
  });
}

/** A requirements.txt that names torch finds the wheels for CPUs beside those of pip's own index. */
async function torchEnvironment(
  context: LayerContext,
  environment: Readonly<Record<string, string>>,
  command: readonly string[],
  directory: string,
): Promise<Record<string, string>> {
  if (!command.includes('requirements.txt')) return {};
  const index = torchIndex(context.life.context.configuration.frameworks, environment);
  const text = await readRequirements(context, directory);
  if (index === undefined || text === undefined || !namesTorch(text)) return {};
  return { PIP_EXTRA_INDEX_URL: [environment['PIP_EXTRA_INDEX_URL'], index].filter(Boolean).join(' ') };
}

async function readRequirements(
  { host, mounts }: LayerContext,
  codeDirectory: string,
): Promise<string | undefined> {
  const path = `${codeDirectory}/requirements.txt`;
  const place = placeInJob(host, mounts, path);
  const isShown = place !== hostPath(host.mlDirectory, path);
  if (isShown) return readFile(place, 'utf8').catch(() => undefined);
  return readBelow(jobPlace(host.mlDirectory, path), LONGEST_REQUIREMENTS_BYTES)?.toString('utf8');
}

function installFailure(error: ToolkitError, result: PipResult, extraInfo?: string): JobFailure {
  // As the toolkit calls it.
  const command = result.command.filter((element) => element !== '-I');
  const text = toolkitFailureText({ error, ...result, command, extraInfo });
  return new JobFailure(algorithmError(TOOLKIT_EXIT_CODE, text));
}
