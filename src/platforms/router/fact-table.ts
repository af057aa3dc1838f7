import type { TaskFacts } from './facts.ts';

/** What a fact is: what a rule may compare it with. */
export type FactKind =
  | { readonly kind: 'text'; readonly values?: readonly string[] }
  | { readonly kind: 'boolean' }
  /** `unit`: what a plain number means; a literal with another unit of its dimension is converted. */
  | { readonly kind: 'number'; readonly unit?: 's' | 'ms' | 'bytes'; readonly whole?: boolean };

/** A fact that rules may name. */
export type Fact = FactKind & {
  readonly of: (facts: TaskFacts) => string | number | boolean | undefined;
  /** Whether it may be unknown: then what compares it is neither true nor false. */
  readonly mayBeUnknown: boolean;
  /** What it is, for the documentation and messages. */
  readonly meaning: string;
};

/** The facts that rules may name. */
export const FACTS = {
  job_type: {
    kind: 'text',
    values: ['training', 'processing', 'batch_transform', 'endpoint'],
    of: ({ jobType }) => jobType,
    mayBeUnknown: false,
    meaning: 'training, processing, batch_transform or endpoint',
  },
  task: { kind: 'text', of: ({ task }) => task, mayBeUnknown: false, meaning: "the task's name" },
  framework: {
    kind: 'text',
    of: ({ framework }) => framework,
    mayBeUnknown: true,
    meaning: 'scikit-learn, spark, pytorch, …; unknown where the code is of none',
  },
  instance_type: {
    kind: 'text',
    of: ({ instanceType }) => instanceType,
    mayBeUnknown: false,
    meaning: 'as the task names it: ml.m5.xlarge',
  },
  instance_count: {
    kind: 'number',
    whole: true,
    of: ({ instanceCount }) => instanceCount,
    mayBeUnknown: false,
    meaning: 'machines of one job',
  },
  duration: {
    kind: 'number',
    unit: 's',
    of: ({ durationSeconds }) => durationSeconds,
    mayBeUnknown: false,
    meaning: 'seconds of the job itself; 1 h where nothing is known',
  },
  data_size: {
    kind: 'number',
    unit: 'bytes',
    of: ({ dataSizeBytes }) => dataSizeBytes,
    mayBeUnknown: true,
    meaning: 'bytes that the job reads',
  },
  data_place: {
    kind: 'text',
    values: ['local', 's3'],
    of: ({ dataPlace }) => dataPlace,
    mayBeUnknown: true,
    meaning: 'local (on this machine) or s3',
  },
  image_size: {
    kind: 'number',
    unit: 'bytes',
    of: ({ imageSizeBytes }) => imageSizeBytes,
    mayBeUnknown: true,
    meaning: "bytes of the container's image",
  },
  requires_gpu: {
    kind: 'boolean',
    of: ({ gpuCount }) => gpuCount > 0,
    mayBeUnknown: false,
    meaning: 'whether it needs a GPU',
  },
  gpu_count: {
    kind: 'number',
    whole: true,
    of: ({ gpuCount }) => gpuCount,
    mayBeUnknown: false,
    meaning: 'GPUs of one machine',
  },
  max_latency: {
    kind: 'number',
    unit: 'ms',
    of: ({ maxLatencyMs }) => maxLatencyMs,
    mayBeUnknown: true,
    meaning: 'milliseconds that an answer may take',
  },
  spot: {
    kind: 'boolean',
    of: ({ spot }) => spot,
    mayBeUnknown: true,
    meaning: 'whether it may be interrupted',
  },
  deadline: {
    kind: 'number',
    unit: 's',
    of: ({ deadlineSeconds }) => deadlineSeconds,
    mayBeUnknown: true,
    meaning: 'seconds from its start to its end',
  },
  max_cost: {
    kind: 'number',
    of: ({ maxCostInUSD }) => maxCostInUSD,
    mayBeUnknown: true,
    meaning: 'US dollars that it may cost',
  },
} as const satisfies Readonly<Record<string, Fact>>;

/** The name of a fact. */
export type FactName = keyof typeof FACTS;

/** A fact by its name. */
export function factOf(name: FactName): Fact {
  return FACTS[name];
}

/** Whether rules may name it. */
export function isFactName(name: string): name is FactName {
  return Object.hasOwn(FACTS, name);
}
