import { isRemote, placeArguments, placesIn } from '../../contract/spark.ts';
import { SluiceError } from '../../core/errors.ts';
import { type JobTask, type ProcessingTask, sparkOf } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { inputUri } from '../request/inputs.ts';
import { parameterVariables } from '../request/parameters.ts';

/** A Spark application as EMR is given it. */
export interface EmrApplication {
  readonly name: string;
  /** `s3://…` */
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  readonly className?: string | undefined;
  /** Spark's properties, with the application's files among them. */
  readonly conf: Readonly<Record<string, string>>;
  /** Of driver and executors. */
  readonly environment: Readonly<Record<string, string>>;
  readonly maxRuntimeInSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
  /** ARN. */
  readonly role?: string | undefined;
}

/** Where things of a job lie. */
export interface EmrPlaces {
  readonly name: string;
  /** Of its code, a prefix that ends in `/`. */
  readonly codeUri: string;
  /** Of the document that tells of its outputs, {@link JOB_PROPERTY}. */
  readonly jobUri: string;
  /** By name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Those of the code that the entry may import: paths in it. */
  readonly modules: readonly string[];
}

/** The property by which any process finds what a job is to leave. */
export const JOB_PROPERTY = 'spark.sluice.job';

/** Refuses what EMR cannot run. @throws SluiceError `InvalidArgument` */
export function expectSpark(task: JobTask): ProcessingTask {
  if (task.type !== 'processing' || !sparkOf(task)) {
    throw refused(
      task,
      `it runs Spark alone, and this is ${task.type === 'processing' ? 'no Spark application' : `a ${task.type} job`}`,
      "Give it framework: 'spark' with a script, or another platform.",
    );
  }
  const { script } = task;
  if (!script)
    throw refused(task, 'there is no script to run', 'Give it script: the .py or .jar of the application.');
  const named = new Set((task.arguments ?? []).flatMap(placesIn).map(({ kind, name }) => `${kind}:${name}`));
  for (const kind of ['input', 'output'] as const) {
    const silent = Object.keys(kind === 'input' ? task.inputs : task.outputs).find(
      (name) => !named.has(`${kind}:${name}`),
    );
    if (silent === undefined) continue;
    throw refused(
      task,
      `there is no /opt/ml on EMR, and no argument says where the ${kind} '${silent}' is`,
      `Put '{${kind}:${silent}}' into arguments: it is the place in S3 there, and the same application runs everywhere.`,
    );
  }
  return task;
}

function refused({ name }: JobTask, reason: string, hint: string): SluiceError {
  return new SluiceError('InvalidArgument', `EMR cannot run task '${name}': ${reason}.`, { hint });
}

/** The application of a task, with its places. Pure. @throws SluiceError `InvalidArgument` */
export function emrApplication(
  task: ProcessingTask,
  invocation: TaskInvocation,
  places: EmrPlaces,
): EmrApplication {
  const spark = sparkOf(task) ?? {};
  const entry = task.script?.entry ?? '';
  const uris = (paths: readonly string[] = []) =>
    paths.map((path) => (isRemote(path) ? path : `${places.codeUri}${path}`)).join(',');
  const given = Object.keys(task.inputs).map((name) => [name, inputUri(invocation, name)]);
  const files = {
    'spark.jars': uris(spark.jars),
    'spark.submit.pyFiles': uris([...new Set([...(spark.pyFiles ?? []), ...places.modules])]),
    'spark.files': uris(spark.files),
  };
  return {
    name: places.name,
    entryPoint: `${places.codeUri}${entry}`,
    arguments: placeArguments(task.arguments ?? [], {
      input: Object.fromEntries(given) as Record<string, string | undefined>,
      output: places.outputs,
    }),
    className: spark.className,
    conf: {
      ...Object.fromEntries(Object.entries(files).filter(([, value]) => value !== '')),
      ...spark.conf,
      [JOB_PROPERTY]: places.jobUri,
    },
    environment: { ...task.environment, ...parameterVariables(task, invocation) },
    maxRuntimeInSeconds: task.maxRuntimeInSeconds,
    tags: task.tags ?? {},
    role: task.role,
  };
}
