/**
 * The image of a framework, by its name and version: what `framework` of a task and `--framework` stand for.
 *
 * Source: the image URI configurations of the SageMaker Python SDK 2.257 (`image_uri_config/*.json`), read on 2026-11-27: the
 * accounts of the registries, the newest versions, and how a version is written in a tag.
 *
 * By design: any version may be named; whether its image exists is AWS's to say. A tag tells the framework's version and that
 * it is for CPUs or GPUs; the version of Python in it is left out where each release has another.
 */
import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { FRAMEWORKS, type Framework } from './framework-images.ts';
import { accountTables, frameworkTables } from './image-registries.gen.ts';
import { findInstanceType } from './instance-types.ts';

/** What a job's image is chosen by. */
export interface FrameworkImageOptions {
  /** `scikit-learn`, `pytorch`, … */
  readonly framework: string;
  /** @default the newest one */
  readonly version?: string | undefined;
  readonly region: string;
  /** `ml.m5.large`, …: whether it has GPUs. */
  readonly instanceType: string;
  /** Models have images of their own. @default 'training' */
  readonly use?: 'training' | 'inference';
}

interface ImageName {
  readonly repository: string;
  /** The newest version. */
  readonly version: string;
  readonly tag: (version: string, device: 'cpu' | 'gpu') => string;
}

/** Other names that the SageMaker SDK and people use. */
const ALIASES: Readonly<Record<string, Framework>> = {
  sklearn: 'scikit-learn',
  torch: 'pytorch',
  huggingface: 'huggingface-pytorch',
  pyspark: 'spark',
};

const IMAGES: Readonly<Record<Framework, ImageName>> = {
  'scikit-learn': { repository: 'sagemaker-scikit-learn', version: '1.4-2', tag: (v) => `${v}-cpu-py3` },
  xgboost: { repository: 'sagemaker-xgboost', version: '3.0-5', tag: (v) => v },
  pytorch: deepLearning('pytorch', '2.8.0'),
  tensorflow: deepLearning('tensorflow', '2.19.0'),
  'huggingface-pytorch': deepLearning('huggingface-pytorch', '2.8.0'),
  'huggingface-tensorflow': deepLearning('huggingface-tensorflow', '2.6.3'),
  spark: { repository: 'sagemaker-spark-processing', version: '3.5', tag: (v) => `${v}-cpu` },
};

/** The account of the deep-learning images in most regions. */
const DEEP_LEARNING_ACCOUNT = '763104351884';

/** The framework that a name means. @throws SluiceError `InvalidArgument` for an unknown one, naming those there are */
export function resolveFramework(name: string): Framework {
  const known = ALIASES[name.toLowerCase()] ?? name.toLowerCase();
  if ((FRAMEWORKS as readonly string[]).includes(known)) return known as Framework;
  throw new SluiceError('InvalidArgument', `framework: there is no framework '${name}'.`, {
    hint: suggest(name, [...FRAMEWORKS, ...Object.keys(ALIASES)]),
  });
}

/** SageMaker's image of a framework. @throws SluiceError `InvalidArgument` for a framework or version that cannot be */
export function frameworkImageUri(options: FrameworkImageOptions): string {
  const { region, instanceType, use = 'training' } = options;
  const framework = resolveFramework(options.framework);
  const image = IMAGES[framework];
  const version = options.version ?? image.version;
  if (!/^\d+(?:\.\d+)*(?:-\d+)?$/.test(version)) {
    throw new SluiceError(
      'InvalidArgument',
      `frameworkVersion: expected a version such as ${image.version}, got '${version}'.`,
    );
  }
  const device = (findInstanceType(instanceType)?.gpus ?? 0) > 0 ? 'gpu' : 'cpu';
  const repository = image.repository.replace('{use}', use);
  return `${accountOf(framework, region)}.dkr.ecr.${region}.${registryDomain(region)}/${repository}:${image.tag(version, device)}`;
}

/** The domain of a region's registries. */
export function registryDomain(region: string): string {
  if (region.startsWith('cn-')) return 'amazonaws.com.cn';
  if (region.startsWith('us-isob-')) return 'sc2s.sgov.gov';
  if (region.startsWith('us-isof-')) return 'csp.hci.ic.gov';
  return region.startsWith('us-iso-') ? 'c2s.ic.gov' : 'amazonaws.com';
}

function deepLearning(name: string, version: string): ImageName {
  return { repository: `${name}-{use}`, version, tag: (tagged, device) => `${tagged}-${device}-py3` };
}

/** A region that the table does not know has most probably the account that most have, or, of algorithms, no image. */
function accountOf(framework: Framework, region: string): string {
  const table = frameworkTables[framework] ?? frameworkTables['pytorch'] ?? 0;
  const known = accountTables[table]?.[region];
  if (known !== undefined) return known;
  const own = framework === 'scikit-learn' || framework === 'xgboost' || framework === 'spark';
  return own ? (accountTables[table]?.['us-east-1'] as string) : DEEP_LEARNING_ACCOUNT;
}
