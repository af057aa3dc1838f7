import { expect, test } from 'vitest';
import { exceptionLine } from '../../src/contract/exception-line.ts';

const traceback = ['Traceback (most recent call last):', '  File "train.py", line 3, in <module>'];

test.for([
  ['of Python', [...traceback, "KeyError: 'x'"], "KeyError: 'x'"],
  [
    'of a package',
    [...traceback, 'sklearn.exceptions.NotFittedError: no fit'],
    'sklearn.exceptions.NotFittedError: no fit',
  ],
  ['without a text', [...traceback, 'KeyboardInterrupt'], 'KeyboardInterrupt'],
  [
    'the last of a chain',
    [...traceback, 'ValueError: a', '', ...traceback, 'RuntimeError: b', 'bye'],
    'RuntimeError: b',
  ],
  [
    'of Node',
    ['Error [ERR_X]: bad', '    at file:///opt/ml/code/a.ts:1:7', 'Node.js v24.0.0'],
    'Error [ERR_X]: bad',
  ],
  ['none without a traceback', ['Error: the model says so', 'loss=1'], undefined],
  ['none in an empty log', [], undefined],
] as const)('the exception %s is found', ([, lines, expected]) => {
  expect(exceptionLine(lines)).toBe(expected);
});
