import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Mount } from '../../contract/mount.ts';
import { CODE_DIRECTORY } from '../../contract/paths.ts';
import type { ImageRule } from '../../core/config.ts';
import { duringStage, unpackForJob } from '../../hosts/index.ts';
import type { ContainerPlan, RealContainerPlan } from '../images.ts';
import { jobContainer } from '../job-container.ts';
import type { JobHost } from '../job-host.ts';
import type { HostCommand } from '../run-hosts.ts';
import { releasePort, takeFreePort } from '../serving/free-port.ts';
import { prepareAlgorithm } from './algorithm.ts';
import { ErrorCapture } from './error-capture.ts';
import { noteFrameworkVersion } from './framework-version.ts';
import type { HostProgram, PrepareProgramOptions, ProgramLife } from './host-program.ts';
import { prepareJobPython } from './job-python.ts';
import { portsOf } from './launcher.ts';
import { missingModuleHint } from './missing-module.ts';
import { provideJobModule } from './node-package.ts';
import { explainPipeChannel } from './pipe-channel.ts';
import { placeInJob } from './place-in-job.ts';
import { prepareSpark } from './spark.ts';
import type { ToolkitScript } from './toolkit-script.ts';
import { prepareToolkit } from './training-toolkit.ts';
import { explainWindowsScript } from './windows-script.ts';

/** Makes ready, on one host, what stands for a container. @throws JobFailure */
export async function prepareProgram(
  plan: ContainerPlan,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  return explainPipeChannel(
    await explainWindowsScript(await preparePlanned(plan, options), options),
    options,
  );
}

async function preparePlanned(plan: ContainerPlan, options: PrepareProgramOptions): Promise<HostProgram> {
  if (plan.kind === 'toolkit') return prepareToolkit(plan.script, options);
  if (plan.kind === 'algorithm') return prepareAlgorithm(plan.algorithm, options);
  if (plan.kind === 'rule') return ruleProgram(plan.rule, plan.command, options);
  if (plan.kind === 'container') return containerProgram(plan, options);
  const { python, framework, version, command } = plan;
  const { environment, mounts } = options;
  if (python) return prepareEntrypoint({ framework, version }, command, options);
  if (command[0] === 'node') await provideToNodeScript(command, options);
  return { command, environment, mounts };
}

/** Makes every host of a job ready, several at once; what they share is made once. @throws JobFailure */
export async function preparePrograms(
  plan: ContainerPlan,
  life: ProgramLife,
  hosts: readonly JobHost[],
  optionsOf: (host: JobHost) => Pick<PrepareProgramOptions, 'environment' | 'mounts' | 'isolation' | 'gpus'>,
): Promise<HostCommand[]> {
  const ports = await Promise.all(Array.from({ length: sharedPorts(plan, hosts.length) }, takeFreePort));
  const release = () => ports.forEach(releasePort);
  const names = hosts.map(({ name }) => name);
  const token = randomUUID();
  const prepare = async (host: JobHost): Promise<HostCommand> => {
    const shared = { hosts: names, ports, token };
    const options = { life, host, ...shared, ...optionsOf(host) };
    const program = await prepareProgram(plan, options);
    const { isolation, gpus } = options;
    return {
      host,
      isolation,
      gpus,
      ...program,
      ...(ports.length > 0 && { conclude: andThen(program.conclude, release) }),
    };
  };
  // What one host cannot do ends the job: not before the others have come to their end, which run pip in their directories.
  const made = await Promise.allSettled(hosts.map(prepare));
  const refused = made.find((each) => each.status === 'rejected');
  if (!refused) return made.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  release();
  throw refused.reason;
}

function sharedPorts(plan: ContainerPlan, hosts: number): number {
  if (plan.kind === 'toolkit') return portsOf(plan.script.launcher, hosts);
  // Two meetings: who has data, and those that train.
  return plan.kind === 'algorithm' && hosts > 1 ? 2 : 0;
}

function andThen(conclude: HostProgram['conclude'], finish: () => void): HostProgram['conclude'] {
  return (end) => {
    finish();
    return conclude?.(end) ?? end;
  };
}

/** A container of the local engine. */
async function containerProgram(
  plan: RealContainerPlan,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const { environment, mounts } = options;
  if (plan.code !== undefined) await placeCode(plan.code, options);
  return {
    command: plan.command,
    environment: { ...plan.environment, ...environment },
    mounts,
    container: jobContainer(plan.image, { ...options, ...plan }),
  };
}

/**
 * The toolkit in the image would fetch its code from S3, but does not where it lies already: a container does not
 * reach this machine's S3.
 *
 * @see sagemaker_training/files.py, download_and_extract
 */
async function placeCode(uri: string, { life, host }: PrepareProgramOptions): Promise<void> {
  await duringStage('Failed to get sagemaker_submit_directory', () =>
    unpackForJob({ life, host, uri, path: CODE_DIRECTORY }),
  );
}

/** The local program that the configuration names for an image. Its files are shown to the job read-only. */
export function ruleProgram(
  rule: ImageRule,
  command: readonly [string, ...string[]],
  { life, environment, mounts }: PrepareProgramOptions,
): HostProgram {
  const resolved = command.map((element) => resolveFile(element, rule.directory));
  const shown = life.context.executor.capabilities.mounts ? resolved.flatMap(mountOf) : [];
  return {
    command: resolved,
    environment: { ...rule.environment, ...environment },
    mounts: [...mounts, ...shown],
  };
}

/** An entrypoint in an image that holds Python: it finds the framework's packages, and may install more. */
async function prepareEntrypoint(
  image: Pick<ToolkitScript, 'framework' | 'version'>,
  command: readonly [string, ...string[]],
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const python = await prepareJobPython({ ...options, ...image, sourceDirectory: sourceOf(command) });
  await noteFrameworkVersion(image, python, options.host.log);
  const spark =
    image.framework === 'spark' ? await prepareSpark(image.version, command, python, options) : undefined;
  const capture = new ErrorCapture();
  return {
    command: spark?.command ?? command,
    environment: { ...python.defaults, ...spark?.environment, ...options.environment, ...python.overrides },
    mounts: [...options.mounts, ...python.mounts, ...(spark?.mounts ?? [])],
    onOutput: (stream, chunk) => capture.push(stream, chunk),
    conclude(end) {
      const hint = end.exitCode === 0 ? undefined : missingModuleHint(capture.message(), python.python);
      if (hint === undefined) return end;
      options.host.log.note(hint);
      return { ...end, failure: hint };
    },
  };
}

/** A script for Node.js that names `sluice/job` finds it. */
async function provideToNodeScript(
  command: readonly string[],
  { host, mounts }: PrepareProgramOptions,
): Promise<void> {
  const script = command.find((element) => element.startsWith('/opt/ml/'));
  if (script !== undefined) await provideJobModule(host, placeInJob(host, mounts, dirname(script)));
}

/** Where the first script of a command lies, in the job. */
function sourceOf(command: readonly string[]): string | undefined {
  const script = command.find((element) => element.startsWith('/opt/ml/') && element.endsWith('.py'));
  return script && dirname(script);
}

function resolveFile(element: string, directory: string): string {
  if (isAbsolute(element) || !element.includes('/')) return element;
  const path = resolve(directory, element);
  return existsSync(path) ? path : element;
}

/** A file is shown with what lies beside it; what every job sees anyway is not. */
function mountOf(element: string): Mount[] {
  if (!isAbsolute(element) || /^\/(?:opt\/ml|usr|bin|sbin|lib\d*|proc|dev|etc)(?:\/|$)/.test(element))
    return [];
  const stats = statSync(element, { throwIfNoEntry: false });
  if (!stats) return [];
  const source = stats.isDirectory() ? element : dirname(element);
  return source === '/' ? [] : [{ source, target: source, readOnly: true }];
}
