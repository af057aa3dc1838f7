/** What holds for the platforms, by name. One that has settings, `{}` too, is enabled; `local` always is. */
export interface PlatformsSettings {
  readonly local?: LocalSettings | undefined;
  readonly sagemaker?: SageMakerSettings | undefined;
  readonly kubernetes?: KubernetesSettings | undefined;
  readonly coreweave?: CoreWeaveSettings | undefined;
  readonly batch?: BatchSettings | undefined;
  readonly emr?: EmrSettings | undefined;
}

/** This machine. */
export interface LocalSettings {
  /** Jobs that a run starts at once on this machine. @default the number of cores */
  readonly jobsAtOnce?: number | undefined;
}

/** Who Sluice is at AWS. What is absent comes from the usual chain: environment, profile, instance. */
export interface AwsSettings {
  /** `us-east-1` */
  readonly region?: string | undefined;
  /** Of the shared configuration files of AWS. */
  readonly profile?: string | undefined;
  /** The role that is assumed for every request: another account's. */
  readonly assumeRole?: { readonly arn: string; readonly externalId?: string | undefined } | undefined;
  /** Where the service answers, in place of AWS: `http://127.0.0.1:4777` is a `sluice serve`. */
  readonly endpoint?: string | undefined;
}

/** Amazon SageMaker, or what speaks its API. */
export interface SageMakerSettings extends AwsSettings {
  /** The role that jobs run as, an ARN, where a task names none. */
  readonly executionRole?: string | undefined;
  /** Where a task names none. @default 'ml.m5.large' */
  readonly defaultInstanceType?: string | undefined;
  /** Whether training runs on spot instances where a task does not say. @default false */
  readonly enableSpotInstances?: boolean | undefined;
  /** The longest run of a job, seconds; also what holds where a task does not say. */
  readonly maxRuntimeSeconds?: number | undefined;
  readonly vpc?:
    | { readonly subnets: readonly string[]; readonly securityGroupIds: readonly string[] }
    | undefined;
  /** Of the disks of instances. */
  readonly volumeKmsKeyId?: string | undefined;
  /** Of what jobs write to S3. */
  readonly outputKmsKeyId?: string | undefined;
  /** What scripts run in whose task names neither an image nor a framework. @default Python: SageMaker's scikit-learn; Node: none */
  readonly images?: { readonly node?: string | undefined; readonly python?: string | undefined } | undefined;
  /** Jobs that a run starts at once. @default Infinity: SageMaker refuses what is over the account's quota */
  readonly jobsAtOnce?: number | undefined;
  readonly training?: (SageMakerJobSettings & TrainingQueueSettings) | undefined;
  readonly processing?:
    | (SageMakerJobSettings & {
        /** The version of each framework where a task names none: `{ sklearn: '0.23-1' }`. */
        readonly frameworks?: Readonly<Record<string, string>> | undefined;
      })
    | undefined;
  readonly batchTransform?:
    | (SageMakerJobSettings & {
        /** Where a task does not say, and the most that one may say. */
        readonly maxPayloadMB?: number | undefined;
        /** Where a task does not say, and the most that one may say. */
        readonly maxConcurrentTransforms?: number | undefined;
      })
    | undefined;
}

/** What holds for one type of job. */
export interface SageMakerJobSettings {
  /** `s3://…`: what jobs write goes under it where a task names no place. */
  readonly outputPath?: string | undefined;
  /** The instance types that may be used. @default all */
  readonly instanceTypes?: readonly string[] | undefined;
}

/** A queue of AWS Batch that training jobs of SageMaker wait in. */
export interface TrainingQueueSettings {
  /** Its name or ARN. @default none: jobs go to SageMaker at once */
  readonly jobQueue?: string | undefined;
  /** Of the queue's fair-share policy, where it has one. */
  readonly shareIdentifier?: string | undefined;
  /** From 0 to 9999. */
  readonly schedulingPriority?: number | undefined;
}

/** A Kubernetes cluster. */
export interface KubernetesSettings {
  /** @default `KUBECONFIG`, `~/.kube/config`, or the cluster that Sluice runs in */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** @default the context's */
  readonly namespace?: string | undefined;
  /** Requested by a job whose task has no instance type: `500m`. */
  readonly defaultCpus?: string | undefined;
  /** `500Mi` */
  readonly defaultMemory?: string | undefined;
  /** What an instance type means here: `{ 'ml.g5.xlarge': { cpus: '4', memory: '14Gi', nodeSelector: {…} } }`. */
  readonly instanceTypes?: Readonly<Record<string, KubernetesInstanceType>> | undefined;
  readonly jobsAtOnce?: number | undefined;
  /** US dollars for an hour of a node, by class: an instance type, or `cpu`, `gpu`. */
  readonly pricePerHour?: Readonly<Record<string, number>> | undefined;
  /** The S3 that pods reach. @default the one that the environment names (`SLUICE_S3`) */
  readonly s3?: (AwsSettings & { readonly bucket?: string | undefined }) | undefined;
  /** How the agent in a pod gets into S3: by the pod's role, by a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or not at all. @default 'role' */
  readonly credentials?: 'role' | 'none' | { readonly secret: string } | undefined;
  /** The image of the agent. @default 'sluice/agent:<version>' */
  readonly agentImage?: string | undefined;
  /** What scripts run in whose task names neither an image nor a framework. */
  readonly images?: { readonly node?: string | undefined; readonly python?: string | undefined } | undefined;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' | undefined;
  readonly imagePullSecrets?: readonly string[] | undefined;
  readonly serviceAccount?: string | undefined;
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly tolerations?: readonly KubernetesToleration[] | undefined;
  readonly priorityClass?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The user, group and group of files that all of a pod's containers run as. @default the images' own */
  readonly runAs?:
    | {
        readonly user?: number | undefined;
        readonly group?: number | undefined;
        readonly fsGroup?: number | undefined;
      }
    | undefined;
  /** The Kueue LocalQueue that jobs wait in. */
  readonly queue?: string | undefined;
  /** Whether jobs are JobSets. @default false */
  readonly jobSet?: boolean | undefined;
  /** What a GPU is called. @default 'nvidia.com/gpu' */
  readonly gpuResource?: string | undefined;
  /** The memory that /dev/shm may take. @default half of what the job has */
  readonly sharedMemory?: string | undefined;
  /** `mount` needs privileged containers. @default 'copy' */
  readonly fastFile?: 'mount' | 'copy' | undefined;
  /** How long a job may wait for room, and then to start, seconds. @default 3600 */
  readonly startSeconds?: number | undefined;
  /** How long an image that cannot be pulled is tried for, seconds. @default 300 */
  readonly imagePullSeconds?: number | undefined;
  /** For the upload of results after a stop, seconds. @default 600 */
  readonly uploadSeconds?: number | undefined;
  /** How long the cluster keeps a job that has ended, seconds. @default 604800, a week */
  readonly keepSeconds?: number | undefined;
}

/** What an instance type means on a cluster. */
export interface KubernetesInstanceType {
  readonly cpus?: string | undefined;
  readonly memory?: string | undefined;
  readonly gpus?: number | undefined;
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly tolerations?: readonly KubernetesToleration[] | undefined;
}

/** As Kubernetes has it. */
export interface KubernetesToleration {
  readonly key?: string | undefined;
  readonly operator?: 'Exists' | 'Equal' | undefined;
  readonly value?: string | undefined;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | undefined;
  readonly tolerationSeconds?: number | undefined;
}

/** CoreWeave's Kubernetes; `codeweave` in configurations is the same. */
export interface CoreWeaveSettings extends KubernetesSettings {
  /** The API server's URL. */
  readonly endpoint?: string | undefined;
  /** `secret` names where the key is: an environment variable, or a file in the home's `secrets/`. */
  readonly auth?: { readonly type: 'api-key'; readonly secret: string } | undefined;
}

/** AWS Batch. */
export interface BatchSettings extends AwsSettings {
  /** The name or ARN of the queue that jobs wait in. */
  readonly jobQueue?: string | undefined;
  /** The role by which ECS pulls images, writes logs and reads the agent's secret, an ARN. */
  readonly executionRole?: string | undefined;
  /** The role that a job's containers have, an ARN: it reads and writes S3. */
  readonly jobRole?: string | undefined;
  readonly jobsAtOnce?: number | undefined;
  /** The image of the agent. @default 'sluice/agent:<version>' */
  readonly agentImage?: string | undefined;
  /** What scripts run in whose task names neither an image nor a framework. */
  readonly images?: { readonly node?: string | undefined; readonly python?: string | undefined } | undefined;
  /** What an instance type means here: `{ 'ml.g5.xlarge': { vcpus: 4, memoryMiB: 14000 } }`. */
  readonly instanceTypes?: Readonly<Record<string, BatchInstanceType>> | undefined;
  /** Of each of the agent's two containers, where the account demands some. @default none */
  readonly agentVcpus?: number | undefined;
  /** Of CloudWatch Logs. @default '/aws/batch/job' */
  readonly logGroup?: string | undefined;
  /** The parameter of Systems Manager, a SecureString, that the keys of results come from. It is made where it is not there. @default '/sluice/agent-secret' */
  readonly agentSecret?: string | undefined;
  /** Of a queue with a scheduling policy. */
  readonly shareIdentifier?: string | undefined;
  readonly schedulingPriority?: number | undefined;
  /** How often Batch begins a job whose spot instance was taken away. @default 3 */
  readonly spotAttempts?: number | undefined;
  /** What /dev/shm may take, MiB. @default half of what the job has */
  readonly sharedMemoryMiB?: number | undefined;
  /** For the upload of results after a stop, seconds. @default 600 */
  readonly uploadSeconds?: number | undefined;
}

/** What an instance type means on AWS Batch. */
export interface BatchInstanceType {
  readonly vcpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly gpus?: number | undefined;
}

/** Amazon EMR: Serverless by `applicationId`, or steps on the cluster `clusterId`. */
export interface EmrSettings extends AwsSettings {
  readonly applicationId?: string | undefined;
  readonly clusterId?: string | undefined;
  /** The role that a Serverless job runs as, an ARN. */
  readonly executionRole?: string | undefined;
  /** `s3://…`: where logs go. @default `logs/` of the default bucket */
  readonly logUri?: string | undefined;
  readonly jobsAtOnce?: number | undefined;
}

/** How the router chooses where a task of `platform: 'auto'` runs. */
export interface RouterSettings {
  /** @default 'flowchart' */
  readonly policy?: 'flowchart' | 'cost' | 'deadline' | undefined;
  /** In place of the default rules: the first whose `when` holds says where, in order of preference. */
  readonly rules?: readonly RouterRule[] | undefined;
  /** What a job may cost at most, US dollars; dearer platforms do not fit. */
  readonly maxCostInUSDPerJob?: number | undefined;
  /** What a run may cost at most: up to it nothing is asked, above it nothing starts. */
  readonly maxCostInUSDPerRun?: number | undefined;
  /** A job that waited so long for room is moved to the next platform, seconds. @default 1800 */
  readonly maxQueueSeconds?: number | undefined;
}

/** One branch of the flowchart. */
export interface RouterRule {
  /** For messages and plans. */
  readonly name?: string | undefined;
  /** An expression over the facts of a task: `requires_gpu and duration > 3600`. Absent: always. */
  readonly when?: string | undefined;
  /** Platforms, the first preferred. */
  readonly platforms: readonly string[];
}
