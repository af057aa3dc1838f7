/**
 * The metrics that SageMaker knows of its own algorithms without being told.
 *
 * Source: answers of DescribeTrainingJob and DescribeHyperParameterTuningJob for XGBoost as users show them (names and
 * expressions); AWS developer guide, "Tune an XGBoost Model", for the names of later versions.
 *
 * By design: MetricDefinitions of the request are kept beside them, and win where they have the same name.
 */
import type { CreateTrainingJobRequest, MetricDefinition } from '@aws-sdk/client-sagemaker';
import { imageAlgorithm, parseFrameworkImage } from './framework-images.ts';

const XGBOOST_METRICS = [
  'accuracy',
  'auc',
  'aucpr',
  'balanced_accuracy',
  'error',
  'f1',
  'f1_binary',
  'f1_macro',
  'gamma-deviance',
  'gamma-nloglik',
  'logloss',
  'mae',
  'map',
  'mape',
  'merror',
  'mlogloss',
  'mse',
  'ndcg',
  'poisson-nloglik',
  'precision',
  'precision_macro',
  'precision_micro',
  'r2',
  'recall',
  'recall_macro',
  'recall_micro',
  'rmse',
  'rmsle',
  'tweedie-nloglik',
] as const;

const NUMBER = '([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?)';

const XGBOOST_DEFINITIONS: readonly MetricDefinition[] = ['train', 'validation'].flatMap((data) =>
  XGBOOST_METRICS.map((metric) => ({
    Name: `${data}:${metric}`,
    Regex: `.*\\[[0-9]+\\].*#011${data}-${metric}:${NUMBER}.*`,
  })),
);

/** The metric definitions of a training job: the request's, and those of an algorithm that it runs. Pure. */
export function metricDefinitions(request: CreateTrainingJobRequest): readonly MetricDefinition[] {
  const own = request.AlgorithmSpecification?.MetricDefinitions ?? [];
  if (!runsAlgorithm(request)) return own;
  const named = new Set(own.map(({ Name: name }) => name));
  return [...XGBOOST_DEFINITIONS.filter(({ Name: name }) => !named.has(name)), ...own];
}

function runsAlgorithm({
  AlgorithmSpecification: algorithm,
  HyperParameters: given = {},
}: CreateTrainingJobRequest) {
  const image = parseFrameworkImage(algorithm?.TrainingImage);
  if (image === undefined || imageAlgorithm(image) === undefined) return false;
  return !algorithm?.ContainerEntrypoint?.length && !('sagemaker_program' in given);
}
