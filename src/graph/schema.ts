import * as z from 'zod';
import { MAX_NODES } from './are-nodes.ts';
import { GRAPH_VERSION } from './types.ts';

// The schema of types.ts. A test compares the two, so that they cannot drift.

const names = z.record(z.string(), z.string());
const json = z.json();
const seconds = z.int().positive();

/** A path in a bundle: no part of it is empty, `.` or `..`. */
const entry = z
  .string()
  .max(1024)
  .regex(/^(?!\.{0,2}(?:\/|$))[^/\0]+(?:\/(?!\.{0,2}(?:\/|$))[^/\0]+)*$/, 'expected a path in the bundle');
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits');
const bundle = z.strictObject({
  digest,
  uri: z
    .string()
    .max(2048)
    .regex(/^s3:\/\/[^/]+\/.+$/, 'expected s3://bucket/key')
    .optional(),
});
const bundledScript = z.strictObject({ entry, bundle });
/** As version 1 had it. */
const localScript = z.strictObject({ entry: z.string(), directory: z.string(), whole: z.boolean() });

const variable = z.strictObject({
  type: z.enum(['string', 'integer', 'float', 'boolean', 'uri', 'json']),
  description: z.string().optional(),
  required: z.boolean().optional(),
  default: json.optional(),
});

const taskInterface = z.strictObject({
  inputs: z.record(z.string(), variable),
  outputs: z.record(z.string(), variable),
});

const binding = z.union([
  z.strictObject({ literal: json }),
  z.strictObject({ input: z.string() }),
  z.strictObject({ node: z.string(), output: z.string() }),
  z.strictObject({
    get list() {
      return z.array(binding);
    },
  }),
  z.strictObject({
    get map() {
      return z.record(z.string(), binding);
    },
  }),
]);

const taskCommon = {
  name: z.string(),
  file: z.string().optional(),
  interface: taskInterface,
  retries: z.int().nonnegative().optional(),
  timeoutSeconds: z.number().positive().optional(),
};

const functionTask = z.strictObject({
  type: z.literal('function'),
  ...taskCommon,
  code: z.strictObject({ bundle, entry, workflow: z.string(), source: digest.optional() }).optional(),
});

const jobCommon = {
  ...taskCommon,
  platform: z.string().optional(),
  instanceType: z.string(),
  instanceCount: z.int().positive(),
  volumeSizeInGB: z.int().positive(),
  image: z.string().optional(),
  framework: z.string().optional(),
  frameworkVersion: z.string().optional(),
  script: bundledScript.optional(),
  command: z.array(z.string()).optional(),
  arguments: z.array(z.string()).optional(),
  environment: names,
  maxRuntimeInSeconds: seconds,
  role: z.string().optional(),
  tags: names.optional(),
  instancePreferences: z.array(z.string()).optional(),
  autoInstanceCount: z.boolean().optional(),
  vpcConfig: z
    .strictObject({ subnets: z.array(z.string()), securityGroupIds: z.array(z.string()) })
    .optional(),
  volumeKmsKeyId: z.string().optional(),
  outputKmsKeyId: z.string().optional(),
  expectedDurationInSeconds: z.number().positive().optional(),
  dataSizeInBytes: z.number().nonnegative().optional(),
  imageSizeInBytes: z.number().nonnegative().optional(),
  gpuCount: z.int().nonnegative().optional(),
  maxLatencyInMilliseconds: z.number().positive().optional(),
  deadlineInSeconds: z.number().positive().optional(),
  maxCostInUSD: z.number().nonnegative().optional(),
  spot: z.boolean().optional(),
};

const compression = z.enum(['None', 'Gzip']);
const distribution = z.enum(['FullyReplicated', 'ShardedByS3Key']);

const channel = z.strictObject({
  contentType: z.string().optional(),
  inputMode: z.enum(['File', 'FastFile', 'Pipe']).optional(),
  compressionType: compression.optional(),
  recordWrapperType: z.enum(['None', 'RecordIO']).optional(),
  s3DataType: z.enum(['S3Prefix', 'ManifestFile', 'AugmentedManifestFile']).optional(),
  s3DataDistributionType: distribution.optional(),
  attributeNames: z.array(z.string()).optional(),
  shuffleSeed: z.int().optional(),
});

const propertyFiles = z.record(z.string(), z.strictObject({ outputName: z.string(), path: z.string() }));

const trainingTask = z.strictObject({
  type: z.literal('training'),
  ...jobCommon,
  channels: z.record(z.string(), channel),
  hyperparameters: z.record(z.string(), json),
  distribution: z.record(z.string(), z.record(z.string(), json)).optional(),
  metricDefinitions: z.array(z.strictObject({ Name: z.string(), Regex: z.string() })),
  s3OutputPath: z.string().optional(),
  enableManagedSpotTraining: z.boolean(),
  maxWaitTimeInSeconds: seconds.optional(),
  checkpoint: z.strictObject({ s3Uri: z.string().optional(), localPath: z.string() }).optional(),
  keepAlivePeriodInSeconds: z.int().nonnegative().optional(),
  algorithm: z.string().optional(),
  propertyFiles: propertyFiles.optional(),
});

/** Paths in the bundle, or objects. */
const sparkFiles = z.array(z.union([entry, z.string().regex(/^s3a?:\/\/[^/,]+\/[^,]+$/)]));

const processingTask = z.strictObject({
  type: z.literal('processing'),
  ...jobCommon,
  inputs: z.record(
    z.string(),
    z.strictObject({
      localPath: z.string(),
      inputMode: z.enum(['File', 'Pipe']),
      compressionType: compression.optional(),
      s3DataType: z.enum(['S3Prefix', 'ManifestFile']).optional(),
      s3DataDistributionType: distribution.optional(),
    }),
  ),
  outputs: z.record(
    z.string(),
    z.strictObject({
      localPath: z.string(),
      uploadMode: z.enum(['EndOfJob', 'Continuous']),
      s3Uri: z.string().optional(),
    }),
  ),
  propertyFiles,
  parameters: z.array(z.string()).optional(),
  spark: z
    .strictObject({
      className: z.string().optional(),
      jars: sparkFiles.optional(),
      pyFiles: sparkFiles.optional(),
      files: sparkFiles.optional(),
      conf: names.optional(),
    })
    .optional(),
});

const batchTransformTask = z.strictObject({
  type: z.literal('batch_transform'),
  ...jobCommon,
  modelName: z.string().optional(),
  contentType: z.string().optional(),
  accept: z.string().optional(),
  splitType: z.enum(['None', 'Line', 'RecordIO', 'TFRecord']),
  compressionType: compression,
  assembleWith: z.enum(['None', 'Line']),
  strategy: z.enum(['SingleRecord', 'MultiRecord']).optional(),
  maxPayloadInMB: z.int().nonnegative().optional(),
  maxConcurrentTransforms: z.int().nonnegative().optional(),
  s3OutputPath: z.string().optional(),
  dataProcessing: z
    .strictObject({
      inputFilter: z.string().optional(),
      outputFilter: z.string().optional(),
      joinSource: z.enum(['None', 'Input']).optional(),
    })
    .optional(),
});

const endpointTask = z.strictObject({
  type: z.literal('endpoint'),
  ...jobCommon,
  endpointName: z.string().optional(),
  variants: z.record(
    z.string(),
    z.strictObject({
      input: z.string(),
      weight: z.number().nonnegative().optional(),
      instanceType: z.string().optional(),
      instanceCount: z.int().positive().optional(),
      image: z.string().optional(),
      environment: names.optional(),
    }),
  ),
  mode: z.enum(['SingleModel', 'MultiModel']).optional(),
  scaling: z
    .strictObject({
      minInstanceCount: z.int().positive(),
      maxInstanceCount: z.int().positive(),
      invocationsPerInstance: z.number().positive(),
      scaleOutCooldownInSeconds: z.int().nonnegative().optional(),
      scaleInCooldownInSeconds: z.int().nonnegative().optional(),
    })
    .optional(),
});

const node = z.strictObject({
  id: z.string(),
  task: z.string(),
  inputs: z.record(z.string(), binding),
  after: z.array(z.string()).optional(),
});

const common = {
  name: z.string(),
  description: z.string().optional(),
  file: z.string().optional(),
  failurePolicy: z.enum(['FAIL_IMMEDIATELY', 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE']).optional(),
  interface: taskInterface,
  outputs: z.record(z.string(), binding),
  nodes: z.array(node).max(MAX_NODES),
};

/** The form of {@link WorkflowGraph}, for graphs that come from outside. */
export const graphSchema = z.strictObject({
  version: z.literal(GRAPH_VERSION),
  ...common,
  tasks: z.record(
    z.string(),
    z.discriminatedUnion('type', [
      functionTask,
      trainingTask,
      processingTask,
      batchTransformTask,
      endpointTask,
    ]),
  ),
});

/** The form of version 1: code and data at absolute paths, functions without their code. */
export const graphSchemaV1 = z.strictObject({
  version: z.literal(1),
  ...common,
  tasks: z.record(
    z.string(),
    z.discriminatedUnion('type', [
      functionTask.omit({ code: true }),
      trainingTask.extend({ script: localScript.optional() }),
      processingTask.extend({ script: localScript.optional() }),
      batchTransformTask.extend({ script: localScript.optional() }),
    ]),
  ),
});

/** The graph form as JSON Schema (draft 2020-12), for authors in other languages. */
export function graphJsonSchema(): Record<string, unknown> {
  return {
    $id: 'sluice/graph.schema.json',
    title: 'A workflow of Sluice',
    ...(z.toJSONSchema(graphSchema) as Record<string, unknown>),
  };
}
