import { expect, test } from 'vitest';
import { closeState } from '../harness/obstacles.ts';
import { openApi } from './harness.ts';

test('a request that cannot be written now is answered 503, which AWS clients try again until it can be', async () => {
  await using api = await openApi();
  const { state } = api.jobs;
  const request = {
    ModelName: 'later',
    PrimaryContainer: { Image: 'any' },
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
  };
  const mend = await closeState(state);
  const refused = await api.post('CreateModel', request);
  expect([refused.status, refused.error.code]).toEqual([503, 'ServiceUnavailable']);
  const again = new Promise<void>((written) => {
    setTimeout(() => void mend().then(() => written()), 50);
  });
  const { CreateModelCommand, SageMakerClient } = await import('@aws-sdk/client-sagemaker');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SageMakerClient({
    endpoint: api.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 10,
  });
  try {
    expect(await client.send(new CreateModelCommand(request))).toMatchObject({
      ModelArn: expect.stringContaining('later'),
    });
  } finally {
    client.destroy();
    await again;
  }
});
