import { expect, test } from 'vitest';
import type { AgentDocument } from '../../../src/contract/agent-document.ts';
import { tellMissingProgram } from '../../../src/platforms/agent-jobs/missing-program.ts';
import type { JobStatus } from '../../../src/platforms/index.ts';

const LINE = 'ERROR (catatonit:7): failed to exec pid1: No such file or directory';
const documentOf = (ContainerEntrypoint?: readonly string[]) =>
  ({ jobType: 'training', request: { AlgorithmSpecification: { ContainerEntrypoint } } }) as AgentDocument;
const statusOf = (logTail: readonly string[], phase: JobStatus['phase'] = 'failed') =>
  ({ phase, message: 'AlgorithmError: , exit code: 1', logTail }) as JobStatus;

test.each([
  [['sh', '-c', 'true'], "ClientError: The image does not have 'sh': No such file or directory."],
  [
    undefined,
    'ClientError: The image does not have the program that starts its script: No such file or directory.',
  ],
])('an image without the program of %j is told by its name', (command, message) => {
  expect(tellMissingProgram(statusOf([LINE]), documentOf(command)).message).toBe(message);
});

test('what a program prints after something else, or before it succeeds, is its own', () => {
  for (const status of [statusOf(['begun', LINE]), statusOf([LINE, 'x']), statusOf([LINE], 'succeeded')])
    expect(tellMissingProgram(status, documentOf(['sh']))).toBe(status);
});
