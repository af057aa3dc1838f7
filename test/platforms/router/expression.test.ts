import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/platforms/router/expression/expression.ts';
import { parseExpression } from '../../../src/platforms/router/expression/parse-expression.ts';
import { factOf } from '../../../src/platforms/router/fact-table.ts';
import { someFacts } from './facts.ts';

const facts = someFacts({ durationSeconds: 7200, gpuCount: 4, framework: 'pytorch', maxLatencyMs: 90 });

function holds(text: string): boolean | undefined {
  return evaluate(parseExpression(text), (name) => factOf(name).of(facts));
}

describe('an expression', () => {
  it.each<[text: string, value: boolean | undefined]>([
    ['requires_gpu and duration > 3600', true],
    ['duration > 7200', false],
    ['duration >= 2 h', true],
    ['2h <= duration', true],
    ['duration < 1 d and not (gpu_count == 2 or gpu_count in [1, 8])', true],
    ["framework in ('spark', 'pytorch')", true],
    ["framework not in ['spark']", true],
    ['framework != "pytorch"', false],
    ['max_latency < 100', true],
    ['max_latency < 0.1 s', true],
    ['not spot', undefined],
    ['data_size < 1 GB', undefined],
    ['data_size < 1 GB and gpu_count == 0', false],
    ['data_size < 1 GB or requires_gpu', true],
    ['requires_gpu && !(duration < 60) || false', true],
    ['requires_gpu == false', false],
    ['true', true],
    // `and` binds tighter than `or`.
    ['true or true and false', true],
  ])('%s is %s', (text, value) => {
    expect(holds(text)).toBe(value);
  });

  it.each<[text: string, message: string]>([
    ['durration > 3600', "there is no fact 'durration'. Did you mean 'duration'?"],
    ["duration > '3600'", "'duration' is a number, got '3600'"],
    ['requires_gpu > 3', "'requires_gpu' is true or false: '>' is for numbers"],
    ['duration', "'duration' is a number: compare it with something"],
    ['framework == spark', "'framework' is a text: put its value in quotes, got 'spark'"],
    ["job_type == 'trainig'", "'job_type' is never 'trainig'. Did you mean 'training'?"],
    ['duration > data_size', 'a fact is compared with a value'],
    ['60 < duration < 3600', "two comparisons in one, '<'"],
    ['duration > 1 GB', "'GB' is no unit of it; units are ms, s"],
    ['gpu_count > 1 h', "'h' is no unit of it; it is a plain number"],
    ['duration >', "'duration' is a number, got the end"],
    ['(requires_gpu', "expected ')', got the end"],
    ['', 'expected a fact, got the end'],
    ['requires_gpu requires_gpu', "expected 'and', 'or' or the end, got 'requires_gpu'"],
    ['process.exit(1)', "'.exit(1)' cannot be read"],
    ['constructor', "there is no fact 'constructor'"],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, 'nested deeper than 50'],
    ['true or '.repeat(500), 'more than 2000 characters'],
  ])('%s is refused', (text, message) => {
    expect(() => parseExpression(text)).toThrow(message);
  });
});
