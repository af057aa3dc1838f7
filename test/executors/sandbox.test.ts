// Needs: bubblewrap
import { describe } from 'vitest';
import { createSandboxExecutor } from '../../src/executors/index.ts';
import { describeExecutor } from '../conformance/executor.ts';

describe('the sandbox executor', () => {
  describeExecutor(createSandboxExecutor);
});
