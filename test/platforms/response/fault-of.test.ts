import { expect, it } from 'vitest';
import { algorithmError, clientError, INTERNAL_SERVER_ERROR } from '../../../src/contract/failure-reason.ts';
import { faultOf } from '../../../src/platforms/response/fault-of.ts';

it.each<[fault: 'user' | 'system', failureReason: string]>([
  ['system', INTERNAL_SERVER_ERROR],
  ['system', 'InternalServerError: We encountered an internal error. Please try again.'],
  ['system', `${INTERNAL_SERVER_ERROR} (The process that ran the job, 7, has ended.)`],
  [
    'system',
    'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
  ],
  [
    'system',
    'CapacityError: Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using a different ML instance type or after some time.',
  ],
  [
    'system',
    'Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
  ],
  [
    'system',
    'ClientError: Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error.',
  ],
  ['system', 'ThrottlingException: Rate exceeded'],
  ['system', 'ServiceUnavailable: Please reduce your request rate.'],
  ['user', algorithmError(1)],
  ['user', algorithmError(137, 'InternalServerError: my own words')],
  ['user', algorithmError(1, 'CapacityError: the bucket of my game is full')],
  ['user', 'AlgorithmError: See job logs for more information'],
  ['user', clientError('Data download failed:Failed to download data. NoSuchKey')],
  ['user', clientError('Artifact upload failed:Insufficient disk space')],
  ['user', 'ClientError: Please use an instance type with more memory, or reduce the size of job data.'],
  ['user', 'CapacityErrors are what my script is about'],
  ['user', 'Error: InternalServerError'],
  ['user', ''],
])('the fault is that of the %s: %s', (fault, failureReason) => {
  expect(faultOf(failureReason)).toBe(fault);
});
