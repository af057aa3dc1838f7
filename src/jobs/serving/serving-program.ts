import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Framework } from '../../contract/framework-images.ts';
import type { Mount } from '../../contract/mount.ts';
import { MODEL_DIRECTORY } from '../../contract/paths.ts';
import { planServing } from '../images.ts';
import type { HostProgram, PrepareProgramOptions } from '../toolkit/host-program.ts';
import { prepareJobPython } from '../toolkit/job-python.ts';
import { ruleProgram } from '../toolkit/prepare-program.ts';
import { installOwn } from '../toolkit/python-layers.ts';

/** Where a job sees the serving half. */
const JOB_DIRECTORY = '/opt/sluice';

/**
 * Makes ready, on one host where the model lies already, what serves models of this image.
 *
 * @throws JobFailure when nothing can, or the model's requirements.txt cannot be installed
 */
export async function servingProgram(
  image: string | undefined,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const plan = planServing(image, options.life.context.configuration);
  if (plan.kind === 'rule') return ruleProgram(plan.rule, plan.command, options);
  return plan.kind === 'framework' ? pythonServer(plan.framework, options) : nodeServer(options);
}

function nodeServer({ life, environment, mounts }: PrepareProgramOptions): HostProgram {
  const shown = servingFiles(life.context.executor.capabilities.mounts);
  const file = `serve${extname(fileURLToPath(import.meta.url))}`;
  return {
    command: ['node', join(shown.directory, file)],
    environment,
    mounts: [...shown.mounts, ...mounts],
  };
}

async function pythonServer(framework: Framework, options: PrepareProgramOptions): Promise<HostProgram> {
  const { life, environment, mounts } = options;
  const codeDirectory = codeDirectoryOf(environment);
  const python = await prepareJobPython({ ...options, framework, codeDirectory });
  const context = { ...options, python: python.python };
  await installOwn(context, python.directory, codeDirectory, 'requirements', python.layers);
  const shown = servingFiles(life.context.executor.capabilities.mounts);
  return {
    command: [python.executable, join(shown.directory, 'python', 'serve.py')],
    environment: {
      ...python.defaults,
      ...environment,
      ...python.overrides,
      SLUICE_FRAMEWORK: framework,
    },
    mounts: [...shown.mounts, ...mounts, ...python.mounts],
  };
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
