import { describe } from 'vitest';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { describeExecutor } from '../conformance/executor.ts';

describe('the process executor', () => {
  describeExecutor(createProcessExecutor);
});
