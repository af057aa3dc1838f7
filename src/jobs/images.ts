import { clientError } from '../contract/failure-reason.ts';
import {
  type Framework,
  type FrameworkImage,
  imageAlgorithm,
  parseFrameworkImage,
} from '../contract/framework-images.ts';
import { NODE_IMAGE } from '../contract/images.ts';
import { submittedCode } from '../contract/submitted-code.ts';
import { type ImageRule, ruleForImage } from '../core/config.ts';
import { JobFailure } from '../hosts/index.ts';
import { containerImage, type ImageContext } from './job-container.ts';
import { localRuntime } from './local-runtime.ts';
import type { AlgorithmRun } from './toolkit/algorithm.ts';
import { scriptInContainer } from './toolkit/script-in-container.ts';
import { type ToolkitScript, toolkitScript } from './toolkit/toolkit-script.ts';

const NO_PYTHON_SERVER =
  "A Python model that names no image cannot be served in a container: there is no server for it in 'sluice/python:3'. Name an image that brings one (--image), as those of frameworks do, or choose --executor sandbox.";

type Strings = Readonly<Record<string, string>>;

/** What a job's request says of its container. */
export interface ContainerSpecification {
  readonly image?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly arguments?: readonly string[] | undefined;
  /** Of a training job: they name the script of a framework's container. */
  readonly hyperparameters?: Strings | undefined;
  readonly environment?: Strings | undefined;
  /** Of a training job: the content types of its channels. */
  readonly contentTypes?: readonly string[] | undefined;
  /** The names of its hosts. */
  readonly hosts?: readonly string[] | undefined;
  /** What the image's own ENTRYPOINT gets where the request names none: `train`. @default nothing */
  readonly defaultArguments?: readonly string[] | undefined;
  /** EnableNetworkIsolation. */
  readonly isolated?: boolean | undefined;
}

/** A container of the local engine. */
export interface RealContainerPlan {
  readonly kind: 'container';
  /** As the engine knows it. */
  readonly image: string;
  readonly command: readonly string[];
  /** Whether the command is given to the image's own ENTRYPOINT. */
  readonly keepEntrypoint: boolean;
  readonly isolated?: boolean | undefined;
  /** What the configuration sets for its jobs. */
  readonly environment?: Strings | undefined;
  /** The archive of code that SageMaker's training toolkit looks for, `s3://…`. */
  readonly code?: string | undefined;
}

/** A container of the local engine that serves models. */
export interface ContainerServingPlan {
  readonly kind: 'container';
  readonly image: string;
  /** Models for Node: Sluice brings the server. */
  readonly node: boolean;
  readonly environment?: Strings | undefined;
}

/** What stands for a container on this machine. */
export type ContainerPlan =
  | RealContainerPlan
  /** An entrypoint runs as it says, with local programs; an image with Python brings its packages. */
  | {
      readonly kind: 'entrypoint';
      readonly command: readonly [string, ...string[]];
      readonly framework?: Framework | undefined;
      /** Of the image. */
      readonly version?: string | undefined;
      /** Whether it has a Python of its own, which it may install into. */
      readonly python: boolean;
    }
  /** What the toolkit of a framework's container does with a script. */
  | { readonly kind: 'toolkit'; readonly script: ToolkitScript }
  /** An algorithm of SageMaker's own: the image without a script. */
  | { readonly kind: 'algorithm'; readonly algorithm: AlgorithmRun }
  /** The command that the configuration names. */
  | { readonly kind: 'rule'; readonly rule: ImageRule; readonly command: readonly [string, ...string[]] };

/** What serves the models of an image. */
export type ServingPlan =
  | ContainerServingPlan
  | { readonly kind: 'node' }
  /** A model of Python: of a framework's image, or of no framework. */
  | { readonly kind: 'python'; readonly image: Partial<FrameworkImage> }
  | { readonly kind: 'rule'; readonly rule: ImageRule; readonly command: readonly [string, ...string[]] };

/**
 * What runs here for a training or processing container. Pure.
 *
 * @throws JobFailure when nothing can, with what to do about it
 */
export function planContainer(container: ContainerSpecification, context: ImageContext): ContainerPlan {
  const { image, arguments: parameters = [] } = container;
  const rule = image === undefined ? undefined : ruleForImage(context.configuration.images, image);
  const real = containerImage(image, context);
  if (real !== undefined) return planRealContainer(container, real, rule);
  const known = frameworkOf(image, rule);
  const framework = known?.framework;
  const [program, ...rest] = container.entrypoint ?? [];
  if (program !== undefined) {
    const python =
      framework !== undefined || localRuntime(image) === 'python' || /(?:^|\/)python[0-9.]*$/.test(program);
    return { kind: 'entrypoint', command: [program, ...rest, ...parameters], ...known, python };
  }
  if (rule?.command) {
    const [first, ...others] = rule.command as [string, ...string[]];
    return { kind: 'rule', rule, command: [first, ...others, ...parameters] };
  }
  const script = scriptOf(container, known);
  if (script) return { kind: 'toolkit', script };
  if (known && container.hyperparameters) {
    const { contentTypes = [] } = container;
    if (imageAlgorithm(known)) return { kind: 'algorithm', algorithm: { image: known, contentTypes } };
  }
  throw new JobFailure(clientError(cannotRun(container, framework)));
}

function scriptOf(
  { hyperparameters, ...container }: ContainerSpecification,
  image: FrameworkImage | undefined,
): ToolkitScript | undefined {
  const script = hyperparameters && toolkitScript(image, { ...container, hyperparameters });
  const known = image !== undefined || localRuntime(container.image) !== undefined;
  return script && !known ? { ...script, standsFor: container.image } : script;
}

function planRealContainer(
  container: ContainerSpecification,
  image: string,
  rule: ImageRule | undefined,
): RealContainerPlan {
  const { entrypoint, arguments: parameters, defaultArguments = [], isolated } = container;
  const shared = { kind: 'container', image, isolated, environment: rule?.environment } as const;
  const code = submittedCode(container);
  const script = localRuntime(container.image) && !entrypoint?.length && scriptOf(container, undefined);
  if (script) return { ...shared, command: scriptInContainer(script), keepEntrypoint: false, code };
  const keepEntrypoint = entrypoint === undefined || entrypoint.length === 0;
  const own = parameters ?? (keepEntrypoint ? defaultArguments : []);
  return { ...shared, command: [...(entrypoint ?? []), ...own], keepEntrypoint, code };
}

/** What serves the models of an image here. Pure. @throws JobFailure when nothing can */
export function planServing(image: string | undefined, context: ImageContext): ServingPlan {
  const rule = image === undefined ? undefined : ruleForImage(context.configuration.images, image);
  const real = containerImage(image, context);
  if (real !== undefined) {
    const runtime = localRuntime(image);
    if (runtime === 'python') throw new JobFailure(clientError(NO_PYTHON_SERVER));
    const node = runtime === 'node';
    return { kind: 'container', image: real, node, environment: rule?.environment };
  }
  if (rule?.serve) return { kind: 'rule', rule, command: rule.serve as [string, ...string[]] };
  const framework = frameworkOf(image, rule);
  if (framework && framework.framework !== 'spark') return { kind: 'python', image: framework };
  const runtime = localRuntime(image);
  if (runtime === 'node') return { kind: 'node' };
  if (runtime === 'python') return { kind: 'python', image: {} };
  throw new JobFailure(
    clientError(
      `Models of image '${image}' cannot be served on this machine. Use an image of a framework (scikit-learn, XGBoost, PyTorch, TensorFlow, Hugging Face) or ${NODE_IMAGE} with an inference script, or ${configurationHint(image, 'serve')}`,
    ),
  );
}

function frameworkOf(image: string | undefined, rule: ImageRule | undefined): FrameworkImage | undefined {
  const own = parseFrameworkImage(image);
  return rule?.framework === undefined
    ? own
    : { framework: rule.framework as Framework, version: own?.version };
}

function cannotRun(container: ContainerSpecification, framework: Framework | undefined): string {
  const { image } = container;
  const name = image === undefined ? 'A job without an image' : `Image '${image}'`;
  const entrypoint = 'give the job a ContainerEntrypoint that names a program of this machine';
  if (framework && container.hyperparameters) {
    return `${name} runs the script that the hyperparameters name, and they name none. Set sagemaker_program and sagemaker_submit_directory (entry_point and source_dir in the SageMaker Python SDK), or ${entrypoint}.`;
  }
  const what =
    framework || localRuntime(image)
      ? 'has no command of its own here.'
      : 'cannot be run on this machine: it is no image of a framework that Sluice knows.';
  const start = `${name} ${what} G${entrypoint.slice(1)}`;
  return image === undefined ? `${start}.` : `${start}, or ${configurationHint(image, 'command')}`;
}

function configurationHint(image: string | undefined, field: 'command' | 'serve'): string {
  return `name a local program in sluice.yaml: images: {'${image}': {${field}: [python3, ./program.py]}}.`;
}
