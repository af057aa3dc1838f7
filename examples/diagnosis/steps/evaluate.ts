// Processing job: compares the predictions with the truth that training never saw.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readRows } from './csv.ts';

const { values: options } = parseArgs({
  options: {
    predictions: { type: 'string', default: '/opt/ml/processing/input/predictions' },
    truth: { type: 'string', default: '/opt/ml/processing/input/truth' },
    output: { type: 'string', default: '/opt/ml/processing/output/evaluation' },
  },
});

const scores = readRows(options.predictions).map(([score = Number.NaN]) => score);
const labels = readRows(options.truth).map(([label]) => label === 1);
if (scores.length !== labels.length || scores.some(Number.isNaN)) {
  throw new Error(`Expected one number for each of ${labels.length} rows, got ${scores.length} predictions.`);
}

const metrics = { ...thresholdMetrics(scores, labels), rocAuc: rocAuc(scores, labels), rows: labels.length };
mkdirSync(options.output, { recursive: true });
writeFileSync(join(options.output, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
for (const [name, value] of Object.entries(metrics)) console.log(`${name}: ${value}`);

/** Malignant is the positive class; a probability of at least one half predicts it. */
function thresholdMetrics(of: readonly number[], truth: readonly boolean[]) {
  const count = (predicted: boolean, actual: boolean) =>
    of.filter((score, index) => score >= 0.5 === predicted && truth[index] === actual).length;
  const [truePositives, falsePositives, falseNegatives] = [
    count(true, true),
    count(true, false),
    count(false, true),
  ];
  const precision = truePositives / (truePositives + falsePositives || 1);
  const recall = truePositives / (truePositives + falseNegatives || 1);
  return {
    accuracy: (truePositives + count(false, false)) / of.length,
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall || 1),
  };
}

/** The share of pairs of a malignant and a benign sample that are in the right order; a tie counts half. */
function rocAuc(of: readonly number[], truth: readonly boolean[]): number {
  const positives = of.filter((_, index) => truth[index]);
  const negatives = of.filter((_, index) => !truth[index]);
  const wins = positives.map((positive) =>
    negatives.reduce(
      (total, negative) => total + (positive > negative ? 1 : positive === negative ? 0.5 : 0),
      0,
    ),
  );
  return wins.reduce((total, win) => total + win, 0) / (positives.length * negatives.length);
}
