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

/** The accounts of scikit-learn's and XGBoost's registries. */
const ALGORITHM_ACCOUNTS: Readonly<Record<string, string>> = {
  'af-south-1': '510948584623',
  'ap-east-1': '651117190479',
  'ap-northeast-1': '354813040037',
  'ap-northeast-2': '366743142698',
  'ap-northeast-3': '867004704886',
  'ap-south-1': '720646828776',
  'ap-south-2': '628508329040',
  'ap-southeast-1': '121021644041',
  'ap-southeast-2': '783357654285',
  'ap-southeast-3': '951798379941',
  'ap-southeast-4': '106583098589',
  'ca-central-1': '341280168497',
  'ca-west-1': '190319476487',
  'cn-north-1': '450853457545',
  'cn-northwest-1': '451049120500',
  'eu-central-1': '492215442770',
  'eu-central-2': '680994064768',
  'eu-north-1': '662702820516',
  'eu-south-1': '978288397137',
  'eu-south-2': '104374241257',
  'eu-west-1': '141502667606',
  'eu-west-2': '764974769150',
  'eu-west-3': '659782779980',
  'il-central-1': '898809789911',
  'me-central-1': '272398656194',
  'me-south-1': '801668240914',
  'sa-east-1': '737474898029',
  'us-east-1': '683313688378',
  'us-east-2': '257758044811',
  'us-gov-east-1': '237065988967',
  'us-gov-west-1': '414596584902',
  'us-west-1': '746614075791',
  'us-west-2': '246618743249',
};

/** The account of the deep-learning images in most regions. */
const DEEP_LEARNING_ACCOUNT = '763104351884';

/** Regions where they have another. */
const DEEP_LEARNING_ACCOUNTS: Readonly<Record<string, string>> = {
  'af-south-1': '626614931356',
  'ap-east-1': '871362719292',
  'ap-east-2': '975050140332',
  'ap-northeast-3': '364406365360',
  'ap-south-2': '772153158452',
  'ap-southeast-3': '907027046896',
  'ap-southeast-4': '457447274322',
  'ap-southeast-5': '550225433462',
  'ap-southeast-6': '633930458069',
  'ap-southeast-7': '590183813437',
  'ca-west-1': '204538143572',
  'cn-north-1': '727897471807',
  'cn-northwest-1': '727897471807',
  'eu-central-2': '380420809688',
  'eu-south-1': '692866216735',
  'eu-south-2': '503227376785',
  'il-central-1': '780543022126',
  'me-central-1': '914824155844',
  'me-south-1': '217643126080',
  'mx-central-1': '637423239942',
  'us-gov-east-1': '446045086412',
  'us-gov-west-1': '442386744353',
};

/** The accounts of Spark's registry. */
const SPARK_ACCOUNTS: Readonly<Record<string, string>> = {
  'af-south-1': '309385258863',
  'ap-east-1': '732049463269',
  'ap-east-2': '533267296287',
  'ap-northeast-1': '411782140378',
  'ap-northeast-2': '860869212795',
  'ap-northeast-3': '102471314380',
  'ap-south-1': '105495057255',
  'ap-south-2': '873151114052',
  'ap-southeast-1': '759080221371',
  'ap-southeast-2': '440695851116',
  'ap-southeast-3': '800295151634',
  'ap-southeast-4': '819679513684',
  'ap-southeast-5': '841784149062',
  'ap-southeast-7': '471112967968',
  'ca-central-1': '446299261295',
  'ca-west-1': '000907499111',
  'cn-north-1': '671472414489',
  'cn-northwest-1': '844356804704',
  'eu-central-1': '906073651304',
  'eu-central-2': '142351485170',
  'eu-north-1': '330188676905',
  'eu-south-1': '753923664805',
  'eu-south-2': '833944533722',
  'eu-west-1': '571004829621',
  'eu-west-2': '836651553127',
  'eu-west-3': '136845547031',
  'il-central-1': '408426139102',
  'me-central-1': '395420993607',
  'me-south-1': '750251592176',
  'mx-central-1': '211125459255',
  'sa-east-1': '737130764395',
  'us-east-1': '173754725891',
  'us-east-2': '314815235551',
  'us-gov-east-1': '260923028637',
  'us-gov-west-1': '271483468897',
  'us-west-1': '667973535471',
  'us-west-2': '153931337802',
};

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
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const repository = image.repository.replace('{use}', use);
  return `${accountOf(framework, region)}.dkr.ecr.${region}.${domain}/${repository}:${image.tag(version, device)}`;
}

function deepLearning(name: string, version: string): ImageName {
  return { repository: `${name}-{use}`, version, tag: (tagged, device) => `${tagged}-${device}-py3` };
}

function accountOf(framework: Framework, region: string): string {
  if (framework === 'spark') return SPARK_ACCOUNTS[region] ?? (SPARK_ACCOUNTS['us-east-1'] as string);
  const own = framework === 'scikit-learn' || framework === 'xgboost';
  const account = own ? ALGORITHM_ACCOUNTS[region] : DEEP_LEARNING_ACCOUNTS[region];
  return account ?? (own ? (ALGORITHM_ACCOUNTS['us-east-1'] as string) : DEEP_LEARNING_ACCOUNT);
}
