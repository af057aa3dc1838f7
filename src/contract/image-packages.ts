/**
 * What framework images hold beside the framework itself, by the names that scripts import.
 *
 * Source: `requirements.txt` and Dockerfiles of aws/sagemaker-scikit-learn-container and aws/sagemaker-xgboost-container; the
 * package lists of the AWS Deep Learning Containers.
 *
 * By design: they are installed for the scripts that name them. All of them would be a gigabyte for a script of ten lines.
 */
import type { FrameworkPackage } from './framework-images.ts';

/** aiobotocore, which s3fs needs, wants one version of botocore: an old s3fs does without, and does not work. */
const S3FS: FrameworkPackage = { name: 's3fs', module: 's3fs', requirement: 's3fs>=2024.2' };
const PYARROW: FrameworkPackage = { name: 'pyarrow', module: 'pyarrow' };

const PACKAGES: readonly FrameworkPackage[] = [
  S3FS,
  PYARROW,
  { name: 'boto3', module: 'boto3' },
  { name: 'botocore', module: 'botocore' },
  { name: 'Flask', module: 'flask' },
  { name: 'Werkzeug', module: 'werkzeug' },
  { name: 'Jinja2', module: 'jinja2' },
  { name: 'gunicorn', module: 'gunicorn' },
  { name: 'PyYAML', module: 'yaml' },
  { name: 'psutil', module: 'psutil' },
  { name: 'fsspec', module: 'fsspec' },
  { name: 'requests', module: 'requests' },
  { name: 'urllib3', module: 'urllib3' },
  { name: 'cryptography', module: 'cryptography' },
  { name: 'python-dateutil', module: 'dateutil' },
  { name: 'pytz', module: 'pytz' },
  { name: 'six', module: 'six' },
  { name: 'retrying', module: 'retrying' },
  { name: 'protobuf', module: 'google' },
  { name: 'tqdm', module: 'tqdm' },
  { name: 'numpy', module: 'numpy' },
  { name: 'scipy', module: 'scipy' },
  { name: 'pandas', module: 'pandas' },
  { name: 'scikit-learn', module: 'sklearn' },
  { name: 'joblib', module: 'joblib' },
  { name: 'matplotlib', module: 'matplotlib' },
  { name: 'seaborn', module: 'seaborn' },
  { name: 'Pillow', module: 'PIL' },
  { name: 'sagemaker-inference', module: 'sagemaker_inference' },
];

/** What stands for packages that cannot be installed on today's Pythons, and what that needs. */
const STAND_INS: Readonly<Record<string, readonly string[]>> = { sagemaker_containers: ['flask', 'numpy'] };

/** What a text names that pandas and others import for themselves. */
const SPOKEN_OF: readonly (readonly [RegExp, FrameworkPackage])[] = [
  [/s3:\/\//, S3FS],
  [/parquet|feather/, PYARROW],
];

const IMPORT = /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))/gm;

/**
 * The packages of framework images that texts name: Python sources, and values of the job's environment. Pure.
 *
 * @param sources of the script and what lies beside it
 * @param values hyperparameters and the like, which may name objects in S3
 */
export function namedImagePackages(
  sources: readonly string[],
  values: readonly string[] = [],
): FrameworkPackage[] {
  const imported = sources.flatMap(importedModules);
  const modules = new Set([...imported, ...imported.flatMap((module) => STAND_INS[module] ?? [])]);
  const texts = [...sources, ...values];
  const spokenOf = new Set(
    SPOKEN_OF.flatMap(([pattern, found]) => (texts.some((text) => pattern.test(text)) ? found : [])),
  );
  return PACKAGES.filter((each) => modules.has(each.module) || spokenOf.has(each));
}

/** The first part of each module that a source imports. */
function importedModules(source: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap(([, from, list]) =>
    (from ?? list ?? '').split(',').map((name) => name.trim().split(/[\s.]/)[0] ?? ''),
  );
}
