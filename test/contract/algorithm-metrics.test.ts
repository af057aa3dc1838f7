import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { metricDefinitions } from '../../src/contract/algorithm-metrics.ts';
import { createMetricCapture } from '../../src/contract/metrics.ts';

const IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1';

function request(more: Partial<CreateTrainingJobRequest> = {}): CreateTrainingJobRequest {
  return {
    AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File' },
    HyperParameters: { num_round: '1' },
    ...more,
  } as CreateTrainingJobRequest;
}

describe('the metrics of a training job', () => {
  test('are those that XGBoost prints, where the image runs its algorithm', () => {
    const capture = createMetricCapture(metricDefinitions(request()));
    capture.observe(['[2]#011train-rmse:0.25000#011validation-rmse:1.5e-05'], new Date(0));
    expect(capture.final().map(({ MetricName: name, Value: value }) => [name, value])).toEqual([
      ['train:rmse', 0.25],
      ['validation:rmse', 1.5e-5],
    ]);
  });

  test('are read as SageMaker shows them', () => {
    expect(metricDefinitions(request())).toContainEqual({
      Name: 'validation:rmse',
      Regex: '.*\\[[0-9]+\\].*#011validation-rmse:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*',
    });
  });

  test("keep the request's own, which win", () => {
    const own = { Name: 'train:rmse', Regex: 'rmse=(.*)' };
    const specification = { ...request().AlgorithmSpecification, MetricDefinitions: [own] };
    const definitions = metricDefinitions(
      request({
        AlgorithmSpecification: specification as CreateTrainingJobRequest['AlgorithmSpecification'],
      }),
    );
    expect(definitions.filter(({ Name: name }) => name === 'train:rmse')).toEqual([own]);
  });

  test.each<[string, Partial<CreateTrainingJobRequest>]>([
    ['a script', { HyperParameters: { sagemaker_program: '"train.py"' } }],
    [
      'an entrypoint',
      {
        AlgorithmSpecification: {
          TrainingImage: IMAGE,
          TrainingInputMode: 'File',
          ContainerEntrypoint: ['true'],
        },
      },
    ],
    ['another image', { AlgorithmSpecification: { TrainingImage: 'else:1', TrainingInputMode: 'File' } }],
  ])('are none of their own for %s', (_what, more) => {
    expect(metricDefinitions(request(more))).toEqual([]);
  });
});
