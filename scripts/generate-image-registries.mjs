// Writes src/contract/image-registries.gen.ts: which account holds SageMaker's images in each region, and the repositories
// and tags of its own algorithms. From the facts of the SageMaker Python SDK:
//   pip download --no-deps 'sagemaker<3' && unzip sagemaker-*.whl 'sagemaker/image_uri_config/*'
//   node scripts/generate-image-registries.mjs sagemaker/image_uri_config 2.257.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory, version] = process.argv.slice(2);
if (directory === undefined || version === undefined) {
  console.error('usage: node scripts/generate-image-registries.mjs <image_uri_config> <version of the SDK>');
  process.exit(2);
}

const ALGORITHMS = [
  'blazingtext',
  'factorization-machines',
  'forecasting-deepar',
  'image-classification',
  'ipinsights',
  'kmeans',
  'knn',
  'lda',
  'linear-learner',
  'ntm',
  'object-detection',
  'object2vec',
  'pca',
  'randomcutforest',
  'semantic-segmentation',
  'seq2seq',
];
const FRAMEWORKS = {
  'scikit-learn': 'sklearn',
  xgboost: 'xgboost',
  pytorch: 'pytorch',
  tensorflow: 'tensorflow',
  'huggingface-pytorch': 'huggingface',
  spark: 'spark',
};

const read = (name) => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
const newest = (versions) => Object.entries(versions).at(-1);

const tables = [];
function tableOf(registries) {
  const text = JSON.stringify(
    Object.fromEntries(Object.entries(registries).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  if (!tables.includes(text)) tables.push(text);
  return tables.indexOf(text);
}

const algorithms = {};
for (const name of ALGORITHMS) {
  const [tag, { repository, registries }] = newest(read(name).versions);
  algorithms[name] = { repository, tag, table: tableOf(registries) };
}
const frameworks = {};
for (const [name, file] of Object.entries(FRAMEWORKS)) {
  const { training, processing, versions } = read(file);
  let [, facts] = newest((training ?? processing)?.versions ?? versions);
  // Hugging Face's are below the version of the framework beneath.
  if (!facts.registries) facts = facts[Object.keys(facts).findLast((key) => facts[key]?.registries)];
  frameworks[name] = tableOf(facts.registries);
}

const json = (value) => JSON.stringify(value, null, 2);
writeFileSync(
  join(import.meta.dirname, '../src/contract/image-registries.gen.ts'),
  `// Made by scripts/generate-image-registries.mjs from image_uri_config of the SageMaker Python SDK ${version}, ${new Date().toISOString().slice(0, 10)}.

/** Accounts by region: each table is one that several registries share. */
export const accountTables: readonly Readonly<Record<string, string>>[] = [
${tables.map((text) => `  ${text},`).join('\n')}
];

/** The tables of frameworks. */
export const frameworkTables: Readonly<Record<string, number>> = ${json(frameworks)};

/** SageMaker's own algorithms: their repositories, tags and tables. */
export const algorithmImages: Readonly<
  Record<string, { readonly repository: string; readonly tag: string; readonly table: number }>
> = ${json(algorithms)};
`,
);
