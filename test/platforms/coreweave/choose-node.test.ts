import { describe, expect, test } from 'vitest';
import type { JobTask } from '../../../src/graph/types.ts';
import { chooseNode, nodeKinds, nodeRequest } from '../../../src/platforms/coreweave/choose-node.ts';

function nodeOf(type: string, gpuClass: string | undefined, gpus: number, taints: object[] = []) {
  return {
    metadata: {
      name: `${type}-1`,
      labels: {
        'node.kubernetes.io/instance-type': type,
        ...(gpuClass !== undefined && { 'gpu.nvidia.com/class': gpuClass }),
      },
    },
    spec: { taints },
    status: {
      allocatable: { cpu: '128', memory: '2097152Mi', ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }) },
    },
  };
}

const kinds = nodeKinds([
  nodeOf('cd-gp-a192', undefined, 0),
  nodeOf('gd-8xh100ib-i128', 'H100_NVLINK_80GB', 8, [{ key: 'is_gpu', value: 'true', effect: 'NoSchedule' }]),
  nodeOf('gd-8xh200ib-i128', 'H200', 8),
  nodeOf('gd-4xgb200', 'GB200', 4),
]);
const taskOf = (more: Partial<JobTask>): JobTask =>
  ({ name: 'train', instanceType: 'local', ...more }) as JobTask;

describe('the node of a job', () => {
  test.each([
    ['is the one that it names', { instanceType: 'gd-8xh200ib-i128' }, 'gd-8xh200ib-i128'],
    ['has the GPU of its instance type', { instanceType: 'ml.p5.48xlarge' }, 'gd-8xh100ib-i128'],
    ['has that of another one', { instanceType: 'ml.p5e.48xlarge' }, 'gd-8xh200ib-i128'],
    ['is the smallest with enough GPUs where none has that', { instanceType: 'ml.g5.xlarge' }, 'gd-4xgb200'],
    ['has as many GPUs as it says', { gpuCount: 8 }, 'gd-8xh100ib-i128'],
    ['is any without GPUs', { instanceType: 'ml.m5.xlarge' }, undefined],
  ] as const)('%s', (_, task, expected) => {
    expect(chooseNode(taskOf(task), kinds)?.instanceType).toBe(expected);
  });

  test('is refused with those that there are', () => {
    expect(() => chooseNode(taskOf({ instanceType: 'gd-8xb200' }), kinds)).toThrow(
      /no node of the type 'gd-8xb200'; it has cd-gp-a192 \(no GPU\), gd-4xgb200 \(4× GB200\)/,
    );
    expect(() => chooseNode(taskOf({ gpuCount: 16 }), kinds)).toThrow(/no node with 16 GPUs/);
  });

  test('is taken whole, and its taint tolerated', () => {
    const kind = chooseNode(taskOf({ instanceType: 'ml.p5.48xlarge' }), kinds);
    expect(kind && nodeRequest(kind, undefined)).toEqual({
      cpus: '115200m',
      memory: '1887436Mi',
      gpus: 8,
      nodeSelector: { 'node.kubernetes.io/instance-type': 'gd-8xh100ib-i128' },
      tolerations: [{ key: 'is_gpu', operator: 'Exists', effect: 'NoSchedule' }],
    });
  });
});
