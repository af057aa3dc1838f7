import { expect, test } from 'vitest';
import type { WorkflowGraph } from '../../src/graph/types.ts';
import { withPlatform, withPlatformsOf } from '../../src/graph/with-platforms.ts';

function graphOf(platform?: string): WorkflowGraph {
  const interfaceOf = { inputs: {}, outputs: {} };
  return {
    version: 2,
    name: 'w',
    interface: interfaceOf,
    outputs: {},
    nodes: [],
    tasks: {
      f: { type: 'function', name: 'f', interface: interfaceOf },
      p: {
        type: 'processing',
        name: 'p',
        interface: interfaceOf,
        instanceType: 'ml.m5.large',
        instanceCount: 1,
        volumeSizeInGB: 30,
        environment: {},
        maxRuntimeInSeconds: 60,
        inputs: {},
        outputs: {},
        propertyFiles: {},
        ...(platform !== undefined && { platform }),
      },
    },
  };
}

test('sends every job to one platform, and leaves functions where they are', () => {
  const { tasks } = withPlatform(graphOf('local'), 'sagemaker');
  expect(tasks['p']).toMatchObject({ platform: 'sagemaker' });
  expect(tasks['f']).not.toHaveProperty('platform');
});

test('takes a platform over where a task names none, and only there', () => {
  expect(withPlatformsOf(graphOf(), graphOf('sagemaker')).tasks['p']).toMatchObject({
    platform: 'sagemaker',
  });
  expect(withPlatformsOf(graphOf('emr'), graphOf('sagemaker')).tasks['p']).toMatchObject({ platform: 'emr' });
  expect(withPlatformsOf(graphOf(), graphOf()).tasks['p']).not.toHaveProperty('platform');
});
