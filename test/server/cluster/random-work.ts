import {
  CreateProcessingJobCommand,
  CreateTransformJobCommand,
  DescribeEndpointCommand,
  DescribeProcessingJobCommand,
  DescribeTransformJobCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { NODE_IMAGE } from '../../../src/contract/images.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { createConfig, createModel, type Deployer, deploy, invoke } from '../../harness/endpoints.ts';
import { graphOf } from '../../harness/runs-api.ts';
import { describeJob, type ServeFixture, trainWith } from '../../harness/sluice-serve.ts';

const MODELS = ['first', 'second'] as const;
const ENDPOINT = 'answers';

/** How a job has ended, and what it should have left then. */
export interface JobEnd {
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly endedAt: Date | undefined;
  /** Keys in the bucket `bucket` that are there whole, and all of one attempt, or not at all. */
  readonly keys: readonly string[];
}

/** A job that was begun through one server, and may be looked at through any. */
export interface BegunJob {
  readonly name: string;
  end(server: ServeFixture): Promise<JobEnd>;
}

/** The clients of one server. */
function deployer(cluster: Cluster, { url, credentials, sagemaker }: ServeFixture): Deployer {
  const runtime = new SageMakerRuntimeClient({
    endpoint: url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  return { client: sagemaker, runtime, store: cluster.s3.store, bucket: 'bucket' };
}

/** What {@link beginTransform} and {@link changeEndpoint} need. */
export async function prepareWork(cluster: Cluster, server: ServeFixture): Promise<void> {
  const clients = deployer(cluster, server);
  await cluster.s3.store.createBucket('bucket');
  for (const name of MODELS) {
    await createModel(clients, name);
    await createConfig(clients, name, [{ VariantName: name }]);
  }
  for (const name of ['a', 'b', 'c'])
    await cluster.s3.store.put('bucket', `in/${name}`, `{"name":"${name}"}`);
  await deploy(clients, ENDPOINT, [{ VariantName: 'first' }]);
}

/** Some moderate time of work. */
export async function beginTraining(server: ServeFixture, name: string, workMs: number): Promise<BegunJob> {
  const program = `import { writeFileSync } from 'node:fs';
    console.log('begun');
    setTimeout(() => writeFileSync('/opt/ml/model/name.txt', '${name}'), ${workMs});`;
  const retries = workMs % 2 === 0 ? { RetryStrategy: { MaximumRetryAttempts: 5 } } : {};
  await trainWith(server, name, program, retries).catch(unlessThere);
  return {
    name,
    end: async (through) => {
      const job = await describeJob(through, name);
      return {
        status: job.TrainingJobStatus,
        reason: job.FailureReason,
        endedAt: job.TrainingEndTime,
        keys: [`out/${name}/output/model.tar.gz`],
      };
    },
  };
}

/** Both of its outputs hold one number, which no other attempt knows. */
export async function beginProcessing(server: ServeFixture, name: string, workMs: number): Promise<BegunJob> {
  const write = 'for name in a b; do echo $number > /opt/ml/processing/$name/number; done';
  const program = `number=$(date +%s%N); sleep ${workMs / 1000}; ${write}`;
  const outputs = ['a', 'b'].map((output) => ({
    OutputName: output,
    S3Output: {
      S3Uri: `s3://bucket/out/${name}/${output}`,
      LocalPath: `/opt/ml/processing/${output}`,
      S3UploadMode: 'EndOfJob' as const,
    },
  }));
  const request = new CreateProcessingJobCommand({
    ProcessingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
    },
    AppSpecification: { ImageUri: NODE_IMAGE, ContainerEntrypoint: ['sh', '-c', program] },
    ProcessingOutputConfig: { Outputs: outputs },
  });
  await server.sagemaker.send(request).catch(unlessThere);
  return {
    name,
    end: async ({ sagemaker }) => {
      const job = await sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name }));
      return {
        status: job.ProcessingJobStatus,
        reason: job.FailureReason ?? job.ExitMessage,
        endedAt: job.ProcessingEndTime,
        keys: ['a', 'b'].map((output) => `out/${name}/${output}/number`),
      };
    },
  };
}

/** Through the model of an endpoint. */
export async function beginTransform(server: ServeFixture, name: string): Promise<BegunJob> {
  const request = new CreateTransformJobCommand({
    TransformJobName: name,
    ModelName: 'first',
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/in/' } },
      ContentType: 'application/json',
    },
    TransformOutput: { S3OutputPath: `s3://bucket/out/${name}` },
  });
  await server.sagemaker.send(request).catch(unlessThere);
  return {
    name,
    end: async ({ sagemaker }) => {
      const job = await sagemaker.send(new DescribeTransformJobCommand({ TransformJobName: name }));
      return {
        status: job.TransformJobStatus,
        reason: job.FailureReason,
        endedAt: job.TransformEndTime,
        keys: ['a', 'b', 'c'].map((input) => `out/${name}/${input}.out`),
      };
    },
  };
}

/** Two steps, one after the other. The same key twice is one run. */
export async function beginRun({ url }: ServeFixture, idempotencyKey: string): Promise<string> {
  const graph = graphOf(idempotencyKey, { first: "console.log('one')", second: "console.log('two')" });
  const response = await fetch(`${url}/_sluice/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ graph, idempotencyKey }),
  });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { id: string }).id;
}

/** Has the endpoint served by one model or the other. */
export async function changeEndpoint({ sagemaker }: ServeFixture, which: number): Promise<void> {
  const EndpointConfigName = MODELS[which % MODELS.length];
  await sagemaker.send(new UpdateEndpointCommand({ EndpointName: ENDPOINT, EndpointConfigName })).catch(
    // It is changed already, and takes the next change after that.
    (error: Error) => {
      if (!/Cannot update/.test(error.message)) throw error;
    },
  );
}

/** What the endpoint says of itself, and who answers. */
export async function askEndpoint(
  cluster: Cluster,
  server: ServeFixture,
): Promise<{
  readonly status: string | undefined;
  readonly model: string | undefined;
  readonly answers: string;
}> {
  const { sagemaker } = server;
  const described = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: ENDPOINT }));
  const model = described.ProductionVariants?.[0]?.VariantName;
  const { name } = await invoke(deployer(cluster, server), ENDPOINT, {});
  return { status: described.EndpointStatus, model, answers: name };
}

/** A request whose answer was lost is sent again. */
function unlessThere(error: Error): undefined {
  if (error.name === 'ResourceInUse' || /already exists/.test(error.message)) return;
  throw error;
}
