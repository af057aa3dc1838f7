import { expect, test } from 'vitest';
import { algorithmImageUri } from '../../src/contract/algorithm-image-uri.ts';

test.each([
  ['linear-learner', 'us-east-1', '382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1'],
  ['kmeans', 'cn-north-1', '390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/kmeans:1'],
  ['xgboost', 'eu-west-1', '141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5'],
  ['forecasting-deepar', 'us-west-2', '156387875391.dkr.ecr.us-west-2.amazonaws.com/forecasting-deepar:1'],
])('finds the image of %s in %s', (name, region, uri) => {
  expect(algorithmImageUri(name, region, 'ml.m5.large')).toBe(uri);
});

test('names the algorithms that there are, and the regions that have one', () => {
  expect(() => algorithmImageUri('linear-lerner', 'us-east-1', 'ml.m5.large')).toThrow(
    "Did you mean 'linear-learner'",
  );
  expect(() => algorithmImageUri('lda', 'xx-nowhere-1', 'ml.m5.large')).toThrow(
    "the region xx-nowhere-1 has no image of 'lda'",
  );
});
