import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameworkImage } from '../../contract/framework-images.ts';
import type { Mount } from '../../contract/mount.ts';
import { MODEL_DIRECTORY } from '../../contract/paths.ts';
import { SERVING_PORT } from '../../contract/serving-environment.ts';
import { type ContainerServingPlan, planServing } from '../images.ts';
import { containerImage, jobContainer } from '../job-container.ts';
import { noteFrameworkVersion } from '../toolkit/framework-version.ts';
import type { HostProgram, PrepareProgramOptions } from '../toolkit/host-program.ts';
import { prepareJobPython } from '../toolkit/job-python.ts';
import { ruleProgram } from '../toolkit/prepare-program.ts';
import { installOwn } from '../toolkit/python-layers.ts';

/** `.ts`, or `.js` once compiled. */
const EXTENSION = extname(fileURLToPath(import.meta.url));
/** Where a job sees the serving half. */
const JOB_DIRECTORY = '/opt/sluice';

/** What a model server is prepared with on one host. */
export interface ServingProgramOptions extends PrepareProgramOptions {
  /** Where this machine reaches it. */
  readonly port: number;
  /** Whether it serves many models. @default false */
  readonly multiModel?: boolean;
}

/**
 * Makes ready, on one host where the model lies already, what serves models of this image.
 *
 * @throws JobFailure when nothing can, or the model's requirements.txt cannot be installed
 */
export async function servingProgram(
  image: string | undefined,
  options: ServingProgramOptions,
): Promise<HostProgram> {
  const plan = planServing(image, options.life.context);
  if (plan.kind === 'container') return containerServer(plan, options);
  if (plan.kind === 'rule') return ruleProgram(plan.rule, plan.command, options);
  return plan.kind === 'python' ? pythonServer(plan.image, options) : nodeServer(options);
}

/** Where a server of this image has to listen: a container has all ports for itself. */
export function bindPort(
  image: string | undefined,
  context: Parameters<typeof containerImage>[1],
  port: number,
): number {
  return containerImage(image, context) === undefined ? port : SERVING_PORT;
}

/** The container's own server; models for Node get Sluice's, in a container that has Node.js. */
function containerServer(plan: ContainerServingPlan, options: ServingProgramOptions): HostProgram {
  const server = plan.node ? nodeServer(options) : { ...options, command: ['serve'] };
  const { command, mounts, environment } = server;
  return {
    command,
    mounts,
    // Sluice's server listens on loopback, which no port of a container leads to.
    environment: {
      ...plan.environment,
      ...(plan.node && { SLUICE_BIND_TO_ADDRESS: '0.0.0.0' }),
      ...environment,
    },
    container: jobContainer(plan.image, {
      ...options,
      keepEntrypoint: !plan.node,
      port: options.port,
      isolated: options.isolation !== undefined,
    }),
  };
}

function nodeServer({ life, environment, mounts, multiModel }: ServingProgramOptions): HostProgram {
  const shown = servingFiles(life.context.executor.capabilities.mounts);
  const command = ['node', join(shown.directory, `serve${EXTENSION}`)] as const;
  return {
    command: multiModel ? multiModelCommand(shown.directory, command) : command,
    environment,
    mounts: [...shown.mounts, ...mounts],
  };
}

async function pythonServer(
  image: Partial<FrameworkImage>,
  options: ServingProgramOptions,
): Promise<HostProgram> {
  const { life, environment, mounts } = options;
  const codeDirectory = codeDirectoryOf(environment);
  const python = await prepareJobPython({ ...options, ...image, codeDirectory });
  const context = { ...options, python: python.python };
  await installOwn(context, python.directory, codeDirectory, 'requirements', python.layers);
  await noteFrameworkVersion(image, python, options.host.log);
  const shown = servingFiles(life.context.executor.capabilities.mounts);
  const command = [python.executable, join(shown.directory, 'python', 'serve.py')] as const;
  return {
    command: options.multiModel ? multiModelCommand(shown.directory, command) : command,
    environment: {
      ...python.defaults,
      ...environment,
      ...python.overrides,
      ...(image.framework !== undefined && { SLUICE_FRAMEWORK: image.framework }),
      ...(image.version !== undefined && { SLUICE_IMAGE_VERSION: image.version }),
    },
    mounts: [...shown.mounts, ...mounts, ...python.mounts],
  };
}

/** A server of many models starts that of one model for each. */
function multiModelCommand(
  directory: string,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  return ['node', join(directory, `serve-models${EXTENSION}`), ...command];
}

/** Where the inference script lies, in the job. What was in S3 has been unpacked already. */
function codeDirectoryOf(environment: Readonly<Record<string, string>>): string {
  const given = (environment['SAGEMAKER_SUBMIT_DIRECTORY'] ?? '').replace(/^file:\/\//, '');
  return given.startsWith('/opt/ml/') ? given.replace(/\/+$/, '') : `${MODEL_DIRECTORY}/code`;
}

/** Where the serving half is in the job. */
function servingFiles(mounts: boolean): { readonly directory: string; readonly mounts: readonly Mount[] } {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  if (!mounts) return { directory: join(root, 'serving'), mounts: [] };
  return {
    directory: `${JOB_DIRECTORY}/serving`,
    mounts: [
      { source: join(root, 'serving'), target: `${JOB_DIRECTORY}/serving`, readOnly: true },
      // It says that the files are ES modules.
      { source: join(root, '..', 'package.json'), target: `${JOB_DIRECTORY}/package.json`, readOnly: true },
    ],
  };
}
