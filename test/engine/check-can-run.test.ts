import { expect, test } from 'vitest';
import { SluiceError } from '../../src/core/errors.ts';
import { checkCanRun } from '../../src/engine/check-can-run.ts';
import type { WorkflowGraph } from '../../src/graph/index.ts';
import { FakePlatform } from './fake-platform.ts';

const graph = {
  name: 'w',
  tasks: { train: { name: 'train', type: 'training', platform: 'local' } },
  nodes: [{ id: 'train', task: 'train', inputs: {} }],
} as unknown as WorkflowGraph;

test.for([
  ["Task 'train' has no role.", "Task 'train' has no role."],
  ["Task 'train': no image.", "Task 'train': no image."],
  ['It is too long.', "Task 'train': It is too long."],
] as const)('a platform that says %j names the task once', async ([said, told]) => {
  const local = new FakePlatform();
  local.check = () => Promise.reject(new SluiceError('InvalidArgument', said));
  await expect(checkCanRun({ graph, platforms: { local }, functions: {} })).rejects.toThrow(
    expect.objectContaining({ message: told }) as Error,
  );
});
