import { expect, test, vi } from 'vitest';
import { createLineDisplay } from '../../../src/cli/display/line-display.ts';
import type { RunEvent } from '../../../src/engine/index.ts';
import type { WorkflowGraph } from '../../../src/graph/index.ts';

const job = (status: object) =>
  ({ type: 'job', node: 'a', status: { phase: 'running', ...status } }) as unknown as RunEvent;

test('a status is printed once, and none that says nothing', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const display = createLineDisplay({ name: 'w', nodes: [{ id: 'a' }] } as unknown as WorkflowGraph, 'w-1');
  for (const status of [{}, { secondaryStatus: 'Training' }, { secondaryStatus: 'Training', message: 'x' }])
    display.event(job(status));
  display.close();
  const printed = write.mock.calls.map(([text]) => String(text)).join('');
  write.mockRestore();
  expect(printed).toBe('w w-1: 1 step\n  a  Training\n');
});
