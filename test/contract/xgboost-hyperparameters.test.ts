import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  validateXgboostHyperparameters,
  XGBOOST_HYPERPARAMETERS,
} from '../../src/contract/xgboost-hyperparameters.ts';

test('the names are those that the algorithm itself takes', () => {
  const directory = new URL('../../src/algorithms/xgboost', import.meta.url).pathname;
  const code = 'import hyperparameters as h; print(*h.PARAMETERS, *h.ALIASES)';
  const environment = { ...process.env, PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' };
  const output = execFileSync('python3', ['-c', code], { encoding: 'utf8', env: environment });
  expect(XGBOOST_HYPERPARAMETERS).toEqual(output.trim().split(' '));
});

test.each([
  ['dpeth', "hyperparameters: XGBoost has no 'dpeth'. Did you mean 'max_depth'?"],
  ['quite-else', "hyperparameters: XGBoost has no 'quite-else'."],
])('%s is refused', (name, problem) => {
  validateXgboostHyperparameters(['max_depth', 'num_round']);
  expect(() => validateXgboostHyperparameters(['eta', name])).toThrow(problem);
});
