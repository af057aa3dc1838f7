import {
  isRemote,
  placeArguments,
  SMSPARK_SUBMIT,
  SPARK_CONF_DIRECTORY,
  SPARK_CONF_INPUT,
  sparkSubmitOptions,
} from '../../contract/spark.ts';
import type { ProcessingTask, SparkApplication } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { inputUri } from './inputs.ts';

/** ContainerEntrypoint of a Spark application, as SageMaker's SDK has it. Its files lie with its code. Pure. */
export function sparkEntrypoint(spark: SparkApplication, entry: string, codeDirectory: string): string[] {
  const inJob = (path: string) => (isRemote(path) ? path : `${codeDirectory}/${path}`);
  const options = sparkSubmitOptions({
    className: spark.className,
    jars: spark.jars?.map(inJob),
    pyFiles: spark.pyFiles?.map(inJob),
    files: spark.files?.map(inJob),
  });
  return [SMSPARK_SUBMIT, ...options, inJob(entry)];
}

/**
 * ContainerArguments of a Spark application. Several hosts write straight to S3: a file that each writes on a disk of
 * its own is no part of what Spark commits. Pure.
 *
 * @param outputs where each output goes, by name
 * @throws SluiceError `InvalidArgument` for an argument that names an input that was not given
 */
export function sparkArguments(
  task: ProcessingTask,
  invocation: TaskInvocation,
  outputs: Readonly<Record<string, string>>,
): string[] {
  const given = Object.entries(task.inputs).filter(([name]) => inputUri(invocation, name) !== undefined);
  const local = ({ localPath }: { readonly localPath: string }) => `file://${localPath}`;
  return placeArguments(task.arguments ?? [], {
    input: Object.fromEntries(given.map(([name, input]) => [name, local(input)])),
    output:
      task.instanceCount > 1
        ? outputs
        : Object.fromEntries(Object.entries(task.outputs).map(([name, output]) => [name, local(output)])),
  });
}

/** The input of Spark's properties; its data are put by who brings the code. */
export const SPARK_CONF = { name: SPARK_CONF_INPUT, directory: SPARK_CONF_DIRECTORY };
