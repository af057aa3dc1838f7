// Processing job: splits the samples into train, validation and test, and scales them by what train alone tells.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLines, writeRows } from './csv.ts';

/** One sample: `malignant` is what the model is to find. */
interface Sample {
  readonly features: readonly number[];
  readonly malignant: 0 | 1;
}

const { values: options } = parseArgs({
  options: {
    input: { type: 'string', default: '/opt/ml/processing/input/raw' },
    output: { type: 'string', default: '/opt/ml/processing/output' },
    seed: { type: 'string', default: '7' },
  },
});

const samples = readSamples(options.input);
const parts = split(samples, seededRandom(Number(options.seed)));
const scale = fitScaler(parts.train);

writePart('train', parts.train, labelFirst);
writePart('validation', parts.validation, labelFirst);
writePart('test', parts.test, ({ features }) => scale(features));
writePart('truth', parts.test, ({ malignant }) => [malignant]);

/** The file's first line holds the names of the classes; the last column is the class. */
function readSamples(directory: string): Sample[] {
  const [header = '', ...lines] = readLines(directory);
  const classes = header.split(',').slice(2);
  return lines.map((line) => {
    const columns = line.split(',').map(Number);
    return {
      features: columns.slice(0, -1),
      malignant: classes[columns.at(-1) ?? -1] === 'malignant' ? 1 : 0,
    };
  });
}

/** 60 % train, 20 % validation, 20 % test, with the same share of malignant samples in each. */
function split(
  all: readonly Sample[],
  random: () => number,
): Record<'train' | 'validation' | 'test', Sample[]> {
  const result = { train: [] as Sample[], validation: [] as Sample[], test: [] as Sample[] };
  for (const label of [0, 1]) {
    const group = shuffle(
      all.filter(({ malignant }) => malignant === label),
      random,
    );
    const first = Math.round(group.length * 0.6);
    const second = Math.round(group.length * 0.8);
    result.train.push(...group.slice(0, first));
    result.validation.push(...group.slice(first, second));
    result.test.push(...group.slice(second));
  }
  return {
    train: shuffle(result.train, random),
    validation: result.validation,
    test: shuffle(result.test, random),
  };
}

/** Scales each feature to mean 0 and standard deviation 1 of the given samples. */
function fitScaler(fit: readonly Sample[]): (features: readonly number[]) => number[] {
  const count = fit.length;
  const means = columns(fit).map((column) => sum(column) / count);
  const deviations = columns(fit).map((column, index) =>
    Math.sqrt(sum(column.map((value) => (value - (means[index] ?? 0)) ** 2)) / count),
  );
  return (features) =>
    features.map((value, index) => (value - (means[index] ?? 0)) / (deviations[index] || 1));
}

function labelFirst({ features, malignant }: Sample): number[] {
  return [malignant, ...scale(features)];
}

function writePart(name: string, part: readonly Sample[], toRow: (sample: Sample) => number[]): void {
  writeRows(join(options.output, name), `${name}.csv`, part.map(toRow));
  const malignant = part.filter((sample) => sample.malignant === 1).length;
  console.log(`${name}: ${part.length} rows, ${malignant} malignant`);
}

function columns(of: readonly Sample[]): number[][] {
  return (of[0]?.features ?? []).map((_, index) => of.map(({ features }) => features[index] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** Numbers in [0, 1) that depend on the seed alone (a 32-bit linear congruential generator, high bits first). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
