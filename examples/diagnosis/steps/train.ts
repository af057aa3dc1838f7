// Training job: logistic regression with an L2 penalty, by gradient descent over the whole training part.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from './csv.ts';
import { type Model, probability } from './model.ts';

/** One row of a channel: the label comes first. */
interface Example {
  readonly label: number;
  readonly features: readonly number[];
}

const { SM_CHANNEL_TRAIN, SM_CHANNEL_VALIDATION, SM_INPUT_CONFIG_DIR, SM_MODEL_DIR } = process.env;
const train = readChannel(SM_CHANNEL_TRAIN ?? '/opt/ml/input/data/train');
const validation = readChannel(SM_CHANNEL_VALIDATION ?? '/opt/ml/input/data/validation');
const hyperparameters = readHyperparameters(SM_INPUT_CONFIG_DIR ?? '/opt/ml/input/config');

const epochs = hyperparameter('epochs', 300);
const learningRate = hyperparameter('learning-rate', 0.5);
const penalty = hyperparameter('l2', 0.01);

let model: Model = { bias: 0, weights: (train[0]?.features ?? []).map(() => 0) };
for (let epoch = 1; epoch <= epochs; epoch++) {
  model = descend(model);
  if (epoch % Math.max(1, Math.floor(epochs / 10)) === 0 || epoch === epochs) report(epoch);
}
writeFileSync(join(SM_MODEL_DIR ?? '/opt/ml/model', 'model.json'), JSON.stringify(model));

/** One step against the gradient of the mean log loss plus the penalty. */
function descend({ bias, weights }: Model): Model {
  let biasGradient = 0;
  const gradient = weights.map((weight) => penalty * weight);
  for (const { label, features } of train) {
    const error = (probability({ bias, weights }, features) - label) / train.length;
    biasGradient += error;
    for (const [index, value] of features.entries()) gradient[index] = (gradient[index] ?? 0) + error * value;
  }
  return {
    bias: bias - learningRate * biasGradient,
    weights: weights.map((weight, index) => weight - learningRate * (gradient[index] ?? 0)),
  };
}

/** The lines that the metric definitions of the task read. */
function report(epoch: number): void {
  const [trainLoss, validationLoss] = [logLoss(train), logLoss(validation)].map((loss) => loss.toFixed(4));
  const accuracy = correct(validation) / validation.length;
  console.log(
    `epoch ${epoch}: train loss: ${trainLoss}, validation loss: ${validationLoss}, validation accuracy: ${accuracy.toFixed(4)}`,
  );
}

function logLoss(examples: readonly Example[]): number {
  const losses = examples.map(({ label, features }) => {
    const p = Math.min(Math.max(probability(model, features), 1e-12), 1 - 1e-12);
    return label === 1 ? -Math.log(p) : -Math.log(1 - p);
  });
  return losses.reduce((total, loss) => total + loss, 0) / examples.length;
}

function correct(examples: readonly Example[]): number {
  return examples.filter(({ label, features }) => Math.round(probability(model, features)) === label).length;
}

function readChannel(directory: string): Example[] {
  return readRows(directory).map(([label = 0, ...features]) => ({ label, features }));
}

/** SageMaker hands every hyperparameter over as a string. */
function readHyperparameters(directory: string): Record<string, string> {
  return JSON.parse(readFileSync(join(directory, 'hyperparameters.json'), 'utf8'));
}

function hyperparameter(name: string, fallback: number): number {
  const value = Number(hyperparameters[name] ?? fallback);
  if (!(value > 0))
    throw new Error(`Hyperparameter '${name}' must be a number above 0, got '${hyperparameters[name]}'.`);
  return value;
}
