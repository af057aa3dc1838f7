import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  type DescribeEndpointOutput,
  type EndpointStatus,
  type ProductionVariant,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { packTar } from 'modern-tar';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import type { ObjectStore } from '../../src/objects/store.ts';

/** A model that says who answers, and does what it is told to: sleep, fail, refuse, end. */
export const TELLS = `
  import { readFileSync } from 'node:fs';
  console.log('loading', process.env.NAME);
  if (process.env.BROKEN) throw new Error('this model does not load');
  export const modelFn = (directory) => ({ word: readFileSync(directory + '/word.txt', 'utf8') });
  export async function predictFn(input, { word }) {
    if (input.sleep) await new Promise((done) => setTimeout(done, input.sleep));
    if (input.exit) process.exit(input.exit);
    if (input.fail) throw Object.assign(new Error(input.fail), { statusCode: input.status });
    return { name: process.env.NAME, port: Number(process.env.SAGEMAKER_BIND_TO_PORT), word, input };
  }`;

/** What {@link TELLS} answers. */
export interface Told {
  readonly name: string;
  /** Which server: each has a port of its own. */
  readonly port: number;
  readonly word: string;
  readonly input: unknown;
}

/** Packs files into a tar.gz. */
export async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), mode: 0o644 },
    body,
  }));
  return gzipSync(await packTar(entries));
}

/** The clients of one server, and the store that its models come from. */
export interface Deployer {
  readonly client: SageMakerClient;
  readonly runtime: SageMakerRuntimeClient;
  readonly store: ObjectStore;
  readonly bucket: string;
}

/** Creates a Node model of this name; its environment has `NAME`. */
export async function createModel(
  { client, store, bucket }: Omit<Deployer, 'runtime'>,
  name: string,
  more: {
    readonly code?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly image?: string;
  } = {},
): Promise<void> {
  const key = `models/${name}.tar.gz`;
  const files = {
    'word.txt': `word of ${name}`,
    'code/inference.ts': more.code ?? TELLS,
    'code/package.json': '{"type":"module"}',
  };
  await store.put(bucket, key, await archive(files));
  const Environment = { NAME: name, SAGEMAKER_PROGRAM: 'inference.ts', ...more.environment };
  const PrimaryContainer = {
    Image: more.image ?? NODE_IMAGE,
    ModelDataUrl: `s3://${bucket}/${key}`,
    Environment,
  };
  const role = 'arn:aws:iam::123456789012:role/Test';
  await client.send(new CreateModelCommand({ ModelName: name, PrimaryContainer, ExecutionRoleArn: role }));
}

/** Creates an endpoint configuration of variants: their names are those of their models. */
export async function createConfig(
  { client }: Pick<Deployer, 'client'>,
  name: string,
  variants: readonly (Partial<ProductionVariant> & { readonly VariantName: string })[],
): Promise<void> {
  const ProductionVariants = variants.map((variant) => ({
    ModelName: variant.VariantName,
    InstanceType: 'ml.m5.large' as const,
    InitialInstanceCount: 1,
    InitialVariantWeight: 1,
    ...variant,
  }));
  await client.send(new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants }));
}

/** Creates an endpoint, with a configuration of its own name, and waits until it is in service. */
export async function deploy(
  deployer: Deployer,
  name: string,
  variants: Parameters<typeof createConfig>[2],
): Promise<DescribeEndpointOutput> {
  await createConfig(deployer, name, variants);
  const command = new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name });
  await deployer.client.send(command);
  return untilStatus(deployer, name, 'InService');
}

/** Waits until an endpoint has a status. @throws Error when it comes to Failed in place of it */
export async function untilStatus(
  { client }: Pick<Deployer, 'client'>,
  name: string,
  status: EndpointStatus,
): Promise<DescribeEndpointOutput> {
  for (const end = performance.now() + 120_000; performance.now() < end; ) {
    const endpoint = await client.send(new DescribeEndpointCommand({ EndpointName: name }));
    if (endpoint.EndpointStatus === status) return endpoint;
    if (endpoint.EndpointStatus === 'Failed') throw new Error(`${name} failed: ${endpoint.FailureReason}`);
    await sleep(15);
  }
  throw new Error(`${name} did not become ${status}.`);
}

/** Invokes with JSON; resolves with the answer and the variant that gave it. */
export async function invoke(
  { runtime }: Pick<Deployer, 'runtime'>,
  endpoint: string,
  input: unknown,
  more: Partial<InvokeEndpointCommandInput> = {},
): Promise<Told & { readonly variant: string | undefined }> {
  const answer = await runtime.send(
    new InvokeEndpointCommand({
      EndpointName: endpoint,
      ContentType: 'application/json',
      Body: JSON.stringify(input),
      ...more,
    }),
  );
  const told = JSON.parse(Buffer.from(answer.Body).toString('utf8')) as Told;
  return { ...told, variant: answer.InvokedProductionVariant };
}

/** Tries until something comes true. @throws Error after two minutes */
export async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + 120_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(20);
    }
  }
}
