import { statSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { uniqueName } from '../contract/names.ts';
import { DEFAULT_MAX_RUNTIME_SECONDS } from '../contract/rules.ts';
import { SluiceError } from '../core/errors.ts';
import type { JobCommon, ScriptSource } from '../graph/index.ts';
import { addExecutorOptions, type ExecutorOptions } from './executor-options.ts';
import { collect, collectKeyValue, parseCount } from './key-value.ts';

/** What `train`, `process` and `transform` have in common. */
export interface JobCommandOptions extends ExecutorOptions {
  /** Absent where an image holds its own program. */
  readonly script?: string;
  readonly sourceDir?: string;
  readonly argument?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly maxRuntime: number;
  readonly name?: string;
  readonly output?: string;
  readonly image?: string;
  readonly framework?: string;
  readonly frameworkVersion?: string;
}

/** Adds the options that `train`, `process` and `transform` have in common. */
export function addJobOptions(command: Command): Command {
  command
    .option('--script <file>', 'the script to run (.ts, .js, .mjs, .py, or any program)')
    .option('--source-dir <directory>', 'send this whole directory; the script is relative to it')
    .option('--framework <name>', 'run it as the image of this framework does: scikit-learn, pytorch, …')
    .option('--framework-version <version>', 'of the image (default: the newest)')
    .option(
      '--image <name>',
      'run it in this image, as sluice.yaml says or as the framework in its name does',
    )
    .option('--env <name=value>', 'a variable of the job; repeat for more', collectKeyValue)
    .option('--instance-type <type>', 'for the contract and the estimate of the cost', 'ml.m5.large')
    .option('--instance-count <n>', 'hosts algo-1 … algo-n', parseCount, 1)
    .option('--max-runtime <seconds>', 'then the job is stopped', parseCount, DEFAULT_MAX_RUNTIME_SECONDS)
    .option('--name <name>', 'the name of the job (default: made from the script and the time)')
    .option('--output <place>', 'a directory that gets a copy of the outputs, or an s3:// prefix for them');
  return addExecutorOptions(command);
}

/** Adds `--argument`, for the jobs whose command takes arguments. */
export function addArgumentOption(command: Command): Command {
  return command.option('--argument <text>', 'an argument of the script; repeat for more', collect);
}

/** The common part of a task. */
export function commonTask(options: JobCommandOptions): Omit<JobCommon, 'interface'> {
  const script = scriptSource(options);
  return {
    name: baseName(options),
    ...(script && { script }),
    instanceType: options.instanceType,
    instanceCount: options.instanceCount,
    volumeSizeInGB: 30,
    environment: options.env ?? {},
    maxRuntimeInSeconds: options.maxRuntime,
    ...(options.argument === undefined ? {} : { arguments: options.argument }),
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(options.framework === undefined ? {} : { framework: options.framework }),
    ...(options.frameworkVersion === undefined ? {} : { frameworkVersion: options.frameworkVersion }),
  };
}

/** The name that was asked for, else one from the script and the time. */
export function jobName(options: JobCommandOptions): string {
  return options.name ?? uniqueName(baseName(options), new Date());
}

function baseName({ script, framework, image }: JobCommandOptions): string {
  if (script !== undefined) return basename(script).replace(/\.[^.]*$/, '');
  return framework ?? (image === undefined ? 'job' : basename(image).replace(/[:@].*$/, ''));
}

/** @throws SluiceError `InvalidArgument` where there is nothing to run */
function scriptSource({ script, sourceDir, image, framework }: JobCommandOptions): ScriptSource | undefined {
  if (script === undefined) {
    if (image !== undefined || framework !== undefined) return undefined;
    throw new SluiceError('InvalidArgument', '--script: there is nothing to run.', {
      hint: 'Name the script: --script train.py. Only an image with a program of its own needs none: --framework xgboost, --image NAME.',
    });
  }
  if (sourceDir === undefined) {
    const path = resolve(script);
    expectFile(path, script);
    return { directory: dirname(path), entry: basename(path), whole: false };
  }
  const directory = resolve(sourceDir);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SluiceError('InvalidArgument', `--source-dir: '${sourceDir}' is not a directory.`);
  }
  const entry = isAbsolute(script) ? relative(directory, script) : script;
  if (entry.split(sep).includes('..')) {
    throw new SluiceError('InvalidArgument', `--script: '${script}' does not lie in '${sourceDir}'.`, {
      hint: 'With --source-dir, --script is relative to that directory.',
    });
  }
  expectFile(resolve(directory, entry), script);
  return { directory, entry, whole: true };
}

/** A wrong command line, as any other. @throws SluiceError `InvalidArgument` */
function expectFile(path: string, script: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  throw new SluiceError('InvalidArgument', `--script: there is no file '${script}'.`, {
    hint: `It would be ${path}: it is relative to this directory, or to that of --source-dir.`,
  });
}
