/**
 * The images of SageMaker's framework containers: what they hold, and that they run a user's script.
 *
 * Source: the image URI configurations of the SageMaker Python SDK (`image_uri_config/*.json`): repositories and
 * tags. Their registries are many accounts, one for each region and framework, so every account counts.
 *
 * Gaps: images for Neuron, Elastic Inference and Neo are no framework images here.
 */

/** A framework whose container runs a script. */
export type Framework =
  | 'scikit-learn'
  | 'xgboost'
  | 'pytorch'
  | 'tensorflow'
  | 'huggingface-pytorch'
  | 'huggingface-tensorflow'
  | 'spark';

/** All of them, in the order that messages show. */
export const FRAMEWORKS: readonly Framework[] = [
  'scikit-learn',
  'xgboost',
  'pytorch',
  'tensorflow',
  'huggingface-pytorch',
  'huggingface-tensorflow',
  'spark',
];

/** What an image's name says. */
export interface FrameworkImage {
  readonly framework: Framework;
  /** The beginning of the tag: `1.2-1`, `2.1.0`; undefined for an image named by its digest. */
  readonly version: string | undefined;
}

/** An algorithm of SageMaker's own that an image holds. */
export type Algorithm = 'xgboost';

/** A Python package that a framework's container holds. */
export interface FrameworkPackage {
  /** As pip knows it. */
  readonly name: string;
  /** As Python imports it. */
  readonly module: string;
  /** What to ask pip for where not the newest is wanted: `xgboost==1.7.*`. */
  readonly requirement?: string | undefined;
  /** It is installed without what it depends on: XGBoost's wheel names NVIDIA's libraries, which only GPUs need. */
  readonly alone?: boolean;
}

const REPOSITORIES: Readonly<Record<string, Framework>> = {
  'sagemaker-scikit-learn': 'scikit-learn',
  'sagemaker-xgboost': 'xgboost',
  // The first one, which takes no script.
  xgboost: 'xgboost',
  'pytorch-training': 'pytorch',
  'pytorch-inference': 'pytorch',
  'pytorch-inference-graviton': 'pytorch',
  'sagemaker-pytorch': 'pytorch',
  'tensorflow-training': 'tensorflow',
  'tensorflow-inference': 'tensorflow',
  'tensorflow-inference-graviton': 'tensorflow',
  'sagemaker-tensorflow': 'tensorflow',
  'sagemaker-tensorflow-scriptmode': 'tensorflow',
  'huggingface-pytorch-training': 'huggingface-pytorch',
  'huggingface-pytorch-inference': 'huggingface-pytorch',
  'huggingface-tensorflow-training': 'huggingface-tensorflow',
  'huggingface-tensorflow-inference': 'huggingface-tensorflow',
  'sagemaker-spark-processing': 'spark',
  // Those that aws-sagemaker-remote builds on PyTorch's.
  'aws-sagemaker-remote-training': 'pytorch',
  'aws-sagemaker-remote-inference': 'pytorch',
};

const SCIKIT_LEARN: FrameworkPackage = { name: 'scikit-learn', module: 'sklearn' };
const PANDAS: FrameworkPackage = { name: 'pandas', module: 'pandas' };
const NUMPY: FrameworkPackage = { name: 'numpy', module: 'numpy' };
const TORCH: FrameworkPackage = { name: 'torch', module: 'torch' };
const TENSORFLOW: FrameworkPackage = { name: 'tensorflow', module: 'tensorflow' };
const TRANSFORMERS: FrameworkPackage = { name: 'transformers', module: 'transformers' };

const SCIPY: FrameworkPackage = { name: 'scipy', module: 'scipy' };
const PYSPARK: FrameworkPackage = { name: 'pyspark', module: 'pyspark' };
const XGBOOST: FrameworkPackage = { name: 'xgboost', module: 'xgboost', alone: true };

const PACKAGES: Readonly<Record<Framework, readonly FrameworkPackage[]>> = {
  'scikit-learn': [SCIKIT_LEARN, NUMPY, PANDAS],
  xgboost: [XGBOOST, SCIKIT_LEARN, NUMPY, PANDAS, SCIPY],
  pytorch: [TORCH, NUMPY],
  tensorflow: [TENSORFLOW, NUMPY],
  'huggingface-pytorch': [TRANSFORMERS, TORCH, NUMPY],
  'huggingface-tensorflow': [TRANSFORMERS, TENSORFLOW, NUMPY],
  spark: [PYSPARK],
};

/** `<account>.dkr.ecr.<region>.<domain>/`, of any partition; also AWS's public gallery of the deep-learning images. */
const REGISTRY =
  /^(?:\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+\/|public\.ecr\.aws\/deep-learning-containers\/)/;

/** The framework of an image, or undefined for any other image. */
export function parseFrameworkImage(image: string | undefined): FrameworkImage | undefined {
  const registry = REGISTRY.exec(image ?? '')?.[0];
  if (image === undefined || registry === undefined) return undefined;
  const match = /^([a-z0-9-]+)(?::([\w.-]+))?(?:@sha256:[0-9a-f]+)?$/.exec(image.slice(registry.length));
  const repository = match?.[1] ?? '';
  if (!Object.hasOwn(REPOSITORIES, repository)) return undefined;
  const version = /^\d+(?:\.\d+)*(?:-\d+(?![\w.]))?/.exec(match?.[2] ?? '')?.[0];
  return { framework: REPOSITORIES[repository] as Framework, version };
}

/** The algorithm that an image runs where no script is named. */
export function imageAlgorithm({ framework }: FrameworkImage): Algorithm | undefined {
  return framework === 'xgboost' ? 'xgboost' : undefined;
}

/** The packages whose version follows the image's, and the oldest that works with today's numpy and Java. Older images get the newest. */
const FOLLOWING: Partial<
  Record<Framework, { readonly each: FrameworkPackage; readonly oldest: readonly [number, number] }>
> = {
  xgboost: { each: XGBOOST, oldest: [1, 7] },
  spark: { each: PYSPARK, oldest: [3, 3] },
};

/** The packages that scripts for a framework's container expect, the framework itself first. */
export function frameworkPackages(framework: Framework, version?: string): readonly FrameworkPackage[] {
  const packages = PACKAGES[framework];
  const following = FOLLOWING[framework];
  const requirement = following && requirementOf(following.each, following.oldest, version);
  if (requirement === undefined) return packages;
  return packages.map((each) => (each === following?.each ? { ...each, requirement } : each));
}

/** The package whose version an image's tag says, and the names under which package indexes have it. */
export function frameworkDistribution(framework: Framework): {
  readonly name: string;
  readonly distributions: readonly string[];
} {
  // A tag of Hugging Face's images begins with the version of what is beneath.
  const { name } = PACKAGES[framework].find((each) => each !== TRANSFORMERS) as FrameworkPackage;
  return { name, distributions: name === 'tensorflow' ? [name, 'tensorflow-cpu'] : [name] };
}

/** `1.7-1` is XGBoost 1.7, whichever its last number. */
function requirementOf(
  { name }: FrameworkPackage,
  [oldestMajor, oldestMinor]: readonly [number, number],
  version: string | undefined,
): string | undefined {
  const [, majorText, minorText] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  const [major, minor] = [Number(majorText ?? 0), Number(minorText ?? 0)];
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) return undefined;
  return `${name}==${major}.${minor}.*`;
}
