import { expect, test } from 'vitest';
import { objectName } from '../../../src/platforms/kubernetes/cluster-names.ts';
import { podResources, quantity } from '../../../src/platforms/kubernetes/resources.ts';

test.each([
  ['train-1', 'train-1'],
  ['Train-1', /^train-1-[0-9a-f]{10}$/],
  ['1st', /^j-1st-[0-9a-f]{10}$/],
  ['a'.repeat(46), 'a'.repeat(46)],
  ['a'.repeat(63), /^a{35}-[0-9a-f]{10}$/],
  [`${'a'.repeat(34)}-${'b'.repeat(20)}`, /^a{34}-[0-9a-f]{10}$/],
])('the objects of %s have a name that leaves room for a host', (jobName, expected) => {
  const name = objectName(jobName);
  expect(name).toMatch(expected);
  // A pod of a JobSet, as its webhook counts.
  expect(`${name}-algo-0-999-abcde`.length).toBeLessThanOrEqual(63);
});

test('two jobs whose names differ in case have different objects', () => {
  expect(objectName('Train')).not.toBe(objectName('TRAIN'));
});

test('a job asks for what its instance type has, less what a node keeps for itself', () => {
  expect(podResources('ml.m5.xlarge', undefined, {})).toMatchObject({
    requests: { cpu: '3600m', memory: '13926Mi' },
    limits: { cpu: '4', memory: '16384Mi' },
    cpus: 4,
    gpus: 0,
  });
});

test('a job without an instance type asks for what the settings say', () => {
  const settings = { defaultCpus: '500m', defaultMemory: '500Mi' };
  expect(podResources('', undefined, settings)).toMatchObject({
    requests: { cpu: '500m', memory: '500Mi' },
    limits: { memory: '500Mi' },
    cpus: 1,
    sharedMemory: String(250 * 2 ** 20),
  });
});

test('an instance type with GPUs asks for them, where the settings send it', () => {
  const tolerations = [{ key: 'is_gpu', operator: 'Exists' as const }];
  const settings = {
    nodeSelector: { zone: 'a' },
    instanceTypes: { 'ml.p5.48xlarge': { nodeSelector: { 'gpu.nvidia.com/class': 'H100' }, tolerations } },
  };
  const resources = podResources('ml.p5.48xlarge', undefined, settings);
  expect(resources.limits).toMatchObject({ 'nvidia.com/gpu': '8' });
  expect(resources.requests).toMatchObject({ 'nvidia.com/gpu': '8' });
  expect(resources).toMatchObject({
    nodeSelector: { zone: 'a', 'gpu.nvidia.com/class': 'H100' },
    tolerations,
  });
});

test.each([
  ['500Mi', 500 * 2 ** 20],
  ['2G', 2e9],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['12', 12],
  ['much', Number.NaN],
])('%s is %d bytes', (text, bytes) => {
  expect(quantity(text)).toBe(bytes);
});
