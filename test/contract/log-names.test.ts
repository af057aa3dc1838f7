import { expect, test } from 'vitest';
import { endpointLogGroup, logStreamName } from '../../src/contract/log-names.ts';

const createdAt = 1_764_288_000_999;

test.each([
  ['training', 'algo-1', /^job\/algo-1-1764288000$/],
  ['processing', 'algo-12', /^job\/algo-12-1764288000$/],
  ['transform', 'algo-1', /^job\/i-[0-9a-f]{17}-1764288000$/],
  ['transform', 'algo-1/first', /^job\/i-[0-9a-f]{17}-1764288000\/first$/],
] as const)('the stream of a %s job on %s', (type, host, expected) => {
  expect(logStreamName({ type, jobName: 'job', host, createdAt })).toMatch(expected);
});

test('hosts and containers of a transform job are told apart, and keep their names', () => {
  const name = (host: string) => logStreamName({ type: 'transform', jobName: 'job', host, createdAt });
  expect(name('algo-1')).toBe(name('algo-1'));
  expect(name('algo-1')).not.toBe(name('algo-2'));
  expect(name('algo-1/first')).toBe(`${name('algo-1')}/first`);
  expect(endpointLogGroup('live')).toBe('/aws/sagemaker/Endpoints/live');
});
