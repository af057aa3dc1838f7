import { CreateTrainingJobRequest$ } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointInput$ } from '@aws-sdk/client-sagemaker-runtime';
import { expect, test } from 'vitest';
import { fitToSchema } from '../../../../src/flyte/connector/aws/fit-to-schema.ts';
import type { Json } from '../../../../src/graph/index.ts';

test.each<[string, Json, object]>([
  [
    'a number where a text is wanted',
    { HyperParameters: { epochs: 3 } },
    { HyperParameters: { epochs: '3' } },
  ],
  ['true where a text is wanted', { HyperParameters: { fast: true } }, { HyperParameters: { fast: 'true' } }],
  [
    'a dictionary where a text is wanted',
    { Environment: { ALL: { a: 1 } } },
    { Environment: { ALL: '{"a":1}' } },
  ],
  [
    'the text of a dictionary where one is wanted',
    { HyperParameters: '{"epochs": 3}' },
    { HyperParameters: { epochs: '3' } },
  ],
  [
    'whole numbers',
    { ResourceConfig: { InstanceCount: 2, VolumeSizeInGB: 1 } },
    { ResourceConfig: { InstanceCount: 2, VolumeSizeInGB: 1 } },
  ],
  ['what is null', { VpcConfig: null, TrainingJobName: 'a' }, { TrainingJobName: 'a' }],
  ['lists', { Tags: [{ Key: 'a', Value: 1 }] }, { Tags: [{ Key: 'a', Value: '1' }] }],
])('%s', (_, request, expected) => {
  expect(fitToSchema(CreateTrainingJobRequest$, request, 'CreateTrainingJob')).toEqual(expected);
});

test('bytes may be text', () => {
  const request = { EndpointName: 'e', Body: '1,2' };
  expect(fitToSchema(InvokeEndpointInput$, request, 'InvokeEndpoint')).toEqual({
    EndpointName: 'e',
    Body: Buffer.from('1,2'),
  });
});

test.each<[Json, string]>([
  [{ TrainingJob: 'a' }, "CreateTrainingJob has no member 'TrainingJob'."],
  [{ ResourceConfig: { Count: 1 } }, "CreateTrainingJob.ResourceConfig has no member 'Count'."],
  [
    { ResourceConfig: { InstanceCount: 'two' } },
    'CreateTrainingJob.ResourceConfig.InstanceCount has to be a number, got "two".',
  ],
  [{ Tags: { a: 'b' } }, 'CreateTrainingJob.Tags has to be a list, got {"a":"b"}.'],
  [{ HyperParameters: 'epochs' }, 'CreateTrainingJob.HyperParameters has to be a dictionary, got "epochs".'],
  [
    { EnableManagedSpotTraining: 'yes' },
    'CreateTrainingJob.EnableManagedSpotTraining has to be true or false, got "yes".',
  ],
  ['a', 'CreateTrainingJob has to be a dictionary, got "a".'],
])('%j is refused: %s', (request, message) => {
  expect(() => fitToSchema(CreateTrainingJobRequest$, request, 'CreateTrainingJob')).toThrow(message);
});
