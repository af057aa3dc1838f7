import { BatchClient, CreateComputeEnvironmentCommand, CreateJobQueueCommand } from '@aws-sdk/client-batch';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';

/** Makes job queues of one compute environment, as the guide's commands do. */
export async function makeQueues(
  endpoint: string,
  queues: Readonly<Record<string, 'ENABLED' | 'DISABLED'>>,
): Promise<void> {
  const client = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const [iam, batch] = [new IAMClient(client), new BatchClient(client)];
  const role = { RoleName: 'batch-service', AssumeRolePolicyDocument: '{}' };
  const { Role: made } = await iam.send(new CreateRoleCommand(role));
  const { computeEnvironmentArn: computeEnvironment } = await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'tests',
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole: made?.Arn,
    }),
  );
  for (const [jobQueueName, state] of Object.entries(queues))
    await batch.send(
      new CreateJobQueueCommand({
        jobQueueName,
        state,
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment }],
      }),
    );
  iam.destroy();
  batch.destroy();
}
