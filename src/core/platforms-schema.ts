import { z } from 'zod';

const text = z.string().min(1);
const positive = z.int().min(1);
/** One whose account is still to be filled in is read, too. */
const role = z.string().regex(/^arn:aws[a-z-]*:iam::[^:\s]+:role\/\S+$/, {
  error: "expected the ARN of a role, such as 'arn:aws:iam::123456789012:role/Name'",
});

const aws = {
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: "expected a region such as 'us-east-1'" })
    .optional(),
  profile: text.optional(),
  assumeRole: z.strictObject({ arn: role, externalId: text.optional() }).optional(),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  jobsAtOnce: positive.optional(),
};

const s3Uri = z.string().regex(/^s3:\/\/[a-z0-9.-]{3,63}(\/.*)?$/, {
  error: "expected a place such as 's3://bucket/prefix/'",
});

/** Of a queue of AWS Batch. */
const share = {
  shareIdentifier: z
    .string()
    .regex(/^[A-Za-z0-9]{1,254}\*?$/, { error: 'expected letters and digits' })
    .optional(),
  schedulingPriority: z.int().min(0).max(9999).optional(),
};

const job = { outputPath: s3Uri.optional(), instanceTypes: z.array(text).min(1).optional() };

const sagemaker = z.strictObject({
  ...aws,
  executionRole: role.optional(),
  defaultInstanceType: text.optional(),
  enableSpotInstances: z.boolean().optional(),
  maxRuntimeSeconds: positive.optional(),
  vpc: z.strictObject({ subnets: z.array(text).min(1), securityGroupIds: z.array(text).min(1) }).optional(),
  volumeKmsKeyId: text.optional(),
  outputKmsKeyId: text.optional(),
  images: z.strictObject({ node: text.optional(), python: text.optional() }).optional(),
  training: z.strictObject({ ...job, jobQueue: text.optional(), ...share }).optional(),
  processing: z.strictObject({ ...job, frameworks: z.record(text, z.coerce.string()).optional() }).optional(),
  batchTransform: z
    .strictObject({
      ...job,
      maxPayloadMB: z.int().min(0).max(100).optional(),
      maxConcurrentTransforms: z.int().min(0).optional(),
    })
    .optional(),
});

const quantity = z.string().regex(/^\d+(\.\d+)?(m|[kMGTPE]i?)?$/, {
  error: "expected a quantity such as '500m', '2' or '4Gi'",
});
const cpus = z.union([quantity, z.number().positive().transform(String)]);
const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, { error: "expected a name such as 'my-name'" });
const pairs = z.record(text, z.string());
const tolerations = z.array(
  z.strictObject({
    key: text.optional(),
    operator: z.enum(['Exists', 'Equal']).optional(),
    value: z.string().optional(),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
    tolerationSeconds: z.int().optional(),
  }),
);
const { jobsAtOnce: _, ...s3Access } = aws;

const kubernetes = {
  kubeconfig: text.optional(),
  context: text.optional(),
  namespace: name.optional(),
  defaultCpus: cpus.optional(),
  defaultMemory: quantity.optional(),
  instanceTypes: z
    .record(
      text,
      z.strictObject({
        cpus: cpus.optional(),
        memory: quantity.optional(),
        gpus: z.int().min(0).optional(),
        nodeSelector: pairs.optional(),
        tolerations: tolerations.optional(),
      }),
    )
    .optional(),
  jobsAtOnce: positive.optional(),
  pricePerHour: z.record(text, z.number().positive()).optional(),
  s3: z
    .strictObject({
      ...s3Access,
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
        .optional(),
    })
    .optional(),
  credentials: z.union([z.enum(['role', 'none']), z.strictObject({ secret: name })]).optional(),
  agentImage: text.optional(),
  images: z.strictObject({ node: text.optional(), python: text.optional() }).optional(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  imagePullSecrets: z.array(name).optional(),
  serviceAccount: name.optional(),
  nodeSelector: pairs.optional(),
  tolerations: tolerations.optional(),
  priorityClass: name.optional(),
  annotations: pairs.optional(),
  labels: pairs.optional(),
  runAs: z
    .strictObject({
      user: z.int().min(0).optional(),
      group: z.int().min(0).optional(),
      fsGroup: z.int().min(0).optional(),
    })
    .optional(),
  queue: name.optional(),
  jobSet: z.boolean().optional(),
  gpuResource: text.optional(),
  sharedMemory: quantity.optional(),
  fastFile: z.enum(['mount', 'copy']).optional(),
  startSeconds: positive.optional(),
  imagePullSeconds: positive.optional(),
  uploadSeconds: positive.optional(),
  keepSeconds: positive.optional(),
};

/** What `platforms:` of a configuration may hold. */
export const platformsSchema = z.strictObject({
  local: z.strictObject({ jobsAtOnce: positive.optional() }).optional(),
  sagemaker: sagemaker.optional(),
  kubernetes: z.strictObject(kubernetes).optional(),
  coreweave: z
    .strictObject({
      ...kubernetes,
      endpoint: z.url({ protocol: /^https?$/ }).optional(),
      auth: z.strictObject({ type: z.literal('api-key'), secret: text }).optional(),
    })
    .optional(),
  batch: z
    .strictObject({
      ...aws,
      jobQueue: text.optional(),
      executionRole: role.optional(),
      jobRole: role.optional(),
      agentImage: text.optional(),
      images: z.strictObject({ node: text.optional(), python: text.optional() }).optional(),
      instanceTypes: z
        .record(
          text,
          z.strictObject({
            vcpus: positive.optional(),
            memoryMiB: z.int().min(4).optional(),
            gpus: z.int().min(0).optional(),
          }),
        )
        .optional(),
      agentVcpus: positive.optional(),
      logGroup: text.optional(),
      agentSecret: z
        .string()
        .regex(/^\/[A-Za-z0-9_./-]{1,1000}$/, { error: "expected a name such as '/sluice/agent-secret'" })
        .optional(),
      ...share,
      spotAttempts: positive.max(10).optional(),
      sharedMemoryMiB: positive.optional(),
      uploadSeconds: positive.optional(),
    })
    .optional(),
  emr: z
    .strictObject({
      ...aws,
      applicationId: text.optional(),
      clusterId: text.optional(),
      executionRole: role.optional(),
      logUri: s3Uri.optional(),
    })
    .optional(),
});

const rule = z.strictObject({
  name: text.optional(),
  when: text.optional(),
  platforms: z.array(text).min(1),
});

/** What `router:` of a configuration may hold. */
export const routerSchema = z.strictObject({
  policy: z.enum(['flowchart', 'cost', 'deadline']).optional(),
  rules: z.array(rule).min(1).optional(),
  maxCostInUSDPerJob: z.number().nonnegative().optional(),
  maxCostInUSDPerRun: z.number().nonnegative().optional(),
  maxQueueSeconds: z.int().min(0).optional(),
});
