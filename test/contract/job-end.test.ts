import { describe, expect, it } from 'vitest';
import { billableTimeInSeconds, billedInstanceSeconds } from '../../src/contract/billing.ts';
import { exitMessage } from '../../src/contract/exit-message.ts';
import { algorithmError, clientError, statusOfExitCode } from '../../src/contract/failure-reason.ts';
import { createMetricCapture, requiredLiteral } from '../../src/contract/metrics.ts';

const time = new Date('2026-01-01T00:00:00Z');

describe('the failure reason', () => {
  it.each([
    [1, '', 'AlgorithmError: , exit code: 1'],
    [137, 'out of memory', 'AlgorithmError: out of memory, exit code: 137'],
    [1, 'x'.repeat(2000), `AlgorithmError: ${'x'.repeat(1008)}`],
    [1, '😀'.repeat(512), `AlgorithmError: ${'😀'.repeat(504)}`],
  ])('of exit code %i', (code, failure, reason) => {
    expect(algorithmError(code, failure)).toBe(reason);
    expect(algorithmError(code, Buffer.from(failure))).toBe(reason);
  });

  it('of a wrong request has at most 1024 characters', () => {
    expect(clientError('x'.repeat(2000))).toHaveLength(1024);
  });

  it('tells the status by the exit code', () => {
    expect([0, 1, 143].map(statusOfExitCode)).toEqual(['Completed', 'Failed', 'Failed']);
  });
});

describe('the exit message', () => {
  it.each<[string, Uint8Array[], string | undefined]>([
    ['nothing', [], undefined],
    ['one message', [Buffer.from('fine')], 'fine'],
    ['the messages of all hosts', [Buffer.from('a'), Buffer.from('b')], 'ab'],
    ['a kilobyte', [Buffer.from('x'.repeat(2000))], 'x'.repeat(1024)],
    ['no half character', [Buffer.from(`${'x'.repeat(1023)}é`)], 'x'.repeat(1023)],
  ])('is %s', (_name, messages, expected) => {
    expect(exitMessage(messages)).toBe(expected);
  });

  it('has to be UTF-8', () => {
    expect(() => exitMessage([Buffer.from([0xff, 0xfe, 0x41])])).toThrow(/is not UTF-8/);
  });
});

describe('billing', () => {
  it.each([
    [0, 0],
    [1, 1],
    [1000, 1],
    [1001, 2],
    [61_500, 62],
  ])('counts %i ms as %i s', (ms, seconds) => {
    expect(billableTimeInSeconds(time, new Date(time.getTime() + ms))).toBe(seconds);
    expect(billedInstanceSeconds(time, new Date(time.getTime() + ms), 3)).toBe(seconds * 3);
  });
});

describe('metrics', () => {
  it.each([
    ['accuracy: ([0-9.]+)', 'epoch 1 accuracy: 0.93', 0.93],
    ['loss=(.*?);', 'loss=1e-3; x', 0.001],
    ['.*rmse:([-0-9.]+)', '[10]\ttrain-rmse:-2.5', -2.5],
    ['(?P<v>\\d+) items', '7 items', 7],
    ['(?i)LOSS (\\d+)', 'loss 5', 5],
    ['x|y=(\\d+)', 'y=4', 4],
    ['a{2}b=(\\d+)', 'aab=4', 4],
    ['\\[(\\d+)\\]', 'at [12]', 12],
    ['value=(\\S+)', 'value=nan', undefined],
    ['value=(\\S+)', 'value=inf', undefined],
    ['value=(\\S*)', 'value= ', undefined],
    ['other=(\\d+)', 'value=1', undefined],
  ])('%s finds in %j %s', (Regex, line, value) => {
    const capture = createMetricCapture([{ Name: 'm', Regex }]);
    expect(capture.observe([line], time)).toEqual(value === undefined ? [] : [{ name: 'm', value }]);
    const expected = value === undefined ? [] : [{ MetricName: 'm', Value: value, Timestamp: time }];
    expect(capture.final()).toEqual(expected);
  });

  it('keep the last value of each, in the order of the definitions', () => {
    const capture = createMetricCapture([
      { Name: 'b', Regex: 'b=(\\d+)' },
      { Name: 'a', Regex: 'a=(\\d+)' },
    ]);
    for (const line of ['a=1', 'b=2 a=3', 'a=4', 'noise']) capture.observe([line], time);
    expect(capture.final().map(({ MetricName, Value }) => [MetricName, Value])).toEqual([
      ['b', 2],
      ['a', 4],
    ]);
  });

  it('give up an expression that would take years, say which, and go on with the others', () => {
    const givenUp: string[] = [];
    const definitions = [
      { Name: 'evil', Regex: '(a+)+$' },
      { Name: 'worse', Regex: '(?=((a|aa)+)b)' },
      { Name: 'good', Regex: 'loss=([0-9.]+)' },
    ];
    const capture = createMetricCapture(definitions, (name) => givenUp.push(name));
    const lines = ['loss=1', `${'a'.repeat(60)}! loss=2`, `${'a'.repeat(60)}!`, 'loss=3'];
    const found = capture.observe(lines, time).filter(({ name }) => name === 'good');
    expect(found.map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(givenUp.sort()).toEqual(['evil', 'worse']);
  });

  it('look at the beginning of a very long line only', () => {
    const capture = createMetricCapture([{ Name: 'm', Regex: '.*end=(\\d+)' }]);
    expect(capture.observe([`end=1 ${'x'.repeat(250_000)} end=2`], time)).toEqual([{ name: 'm', value: 1 }]);
  });

  it('refuse an expression that does not compile, and name it', () => {
    expect(() => createMetricCapture([{ Name: 'm', Regex: '(' }])).toThrow(
      /the Regex of 'm' does not compile/,
    );
  });

  it.each([
    ['accuracy: ([0-9.]+)', 'accuracy: '],
    ['.*validation-auc:(.*)', 'validation-auc:'],
    ['a|b', ''],
    ['ab?c+d*', 'a'],
    ['colou?r', 'colo'],
    ['\\[x\\]=(\\d+)', '[x]='],
    ['a(?:b|c)d', 'a'],
    ['\\x41bc|d', ''],
    ['{"loss": ([0-9.]+)}', '{"loss": '],
    ['\\bword\\d', 'word'],
  ])('need for %s the literal %j', (source, literal) => {
    expect(requiredLiteral(source)).toBe(literal);
  });
});
