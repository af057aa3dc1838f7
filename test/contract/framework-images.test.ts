import { describe, expect, test } from 'vitest';
import { FRAMEWORKS, frameworkPackages, parseFrameworkImage } from '../../src/contract/framework-images.ts';

const ECR = 'dkr.ecr.us-east-1.amazonaws.com';

describe('an image of a framework', () => {
  test.each([
    [`683313688378.${ECR}/sagemaker-scikit-learn:1.2-1-cpu-py3`, 'scikit-learn', '1.2-1'],
    [
      '450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.2-1-cpu-py3',
      'scikit-learn',
      '1.2-1',
    ],
    [`683313688378.${ECR}/sagemaker-xgboost:1.7-1`, 'xgboost', '1.7-1'],
    [`811284229777.${ECR}/xgboost:1`, 'xgboost', '1'],
    [`763104351884.${ECR}/pytorch-training:2.1.0-cpu-py310-ubuntu20.04-sagemaker`, 'pytorch', '2.1.0'],
    [`763104351884.${ECR}/pytorch-inference:2.1.0-gpu-py310-cu118`, 'pytorch', '2.1.0'],
    [
      '763104351884.dkr.ecr-fips.us-gov-west-1.amazonaws.com/tensorflow-training:2.14.1',
      'tensorflow',
      '2.14.1',
    ],
    [
      `763104351884.${ECR}/huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310`,
      'huggingface-pytorch',
      '2.1.0',
    ],
    [
      `763104351884.${ECR}/huggingface-tensorflow-inference:2.11.1-transformers4.26.0`,
      'huggingface-tensorflow',
      '2.11.1',
    ],
    [`173754725891.${ECR}/sagemaker-spark-processing:3.5-cpu-py39-v1.2`, 'spark', '3.5'],
    ['public.ecr.aws/deep-learning-containers/pytorch-training:2.5.1', 'pytorch', '2.5.1'],
    [`763104351884.${ECR}/pytorch-training@sha256:0123abcd`, 'pytorch', undefined],
    [`763104351884.${ECR}/pytorch-training`, 'pytorch', undefined],
  ])('%s is recognised', (image, framework, version) => {
    expect(parseFrameworkImage(image)).toEqual({ framework, version });
  });

  test.each([
    undefined,
    '',
    'sluice/python:3',
    'sagemaker-scikit-learn:1.2-1',
    'docker.io/library/pytorch-training:2',
    `123.${ECR}/pytorch-training:2`,
    `123456789012.${ECR}/my-pytorch-training:2`,
    `123456789012.${ECR}/team/pytorch-training:2`,
    `123456789012.${ECR}/constructor:2`,
    `evil.example/123456789012.${ECR}/pytorch-training:2`,
  ])('%s is not one', (image) => {
    expect(parseFrameworkImage(image)).toBeUndefined();
  });
});

test('each framework has its packages', () => {
  for (const framework of FRAMEWORKS) expect(frameworkPackages(framework)[0]?.name).toBeTruthy();
});

test.each([
  [undefined, undefined],
  ['0.90-2', undefined],
  ['1.5-1', undefined],
  ['1.7-1', 'xgboost==1.7.*'],
  ['3.0-5', 'xgboost==3.0.*'],
  ['latest', undefined],
])('XGBoost of an image %s is asked for as %s', (version, requirement) => {
  expect(frameworkPackages('xgboost', version)[0]?.requirement).toBe(requirement);
});

test.each([
  ['2.4', undefined],
  ['3.3', 'pyspark==3.3.*'],
  ['3.5', 'pyspark==3.5.*'],
])('Spark of an image %s is asked for as %s', (version, requirement) => {
  expect(frameworkPackages('spark', version)[0]?.requirement).toBe(requirement);
});
