/**
 * How SageMaker's Spark image is told what to run.
 *
 * Source: `spark/processing.py` of the SageMaker Python SDK 2.257 (PySparkProcessor, SparkJarProcessor), and
 * `smspark/cli.py` of aws/sagemaker-spark-container: ContainerEntrypoint is `smspark-submit` with its options and the
 * application, ContainerArguments are the application's own, and Spark's properties are an input `conf` that holds
 * EMR's classifications in `configuration.json`.
 *
 * By design: `{input:NAME}` and `{output:NAME}` in arguments are Sluice's own. They stand for a place that Spark can
 * read or write where the application runs, so that it is the same here, on SageMaker and on EMR.
 */
import { SluiceError } from '../core/errors.ts';

/** The program of the image. */
export const SMSPARK_SUBMIT = 'smspark-submit';

/** The input that carries Spark's properties. */
export const SPARK_CONF_INPUT = 'conf';

/** Where it lies in the job. */
export const SPARK_CONF_DIRECTORY = '/opt/ml/processing/input/conf';

/** The file in it. */
export const SPARK_CONF_FILE = 'configuration.json';

/** What an application is submitted with beside its own file and arguments. */
export interface SparkSubmission {
  readonly className?: string | undefined;
  /** Absolute paths, or `s3://…`. */
  readonly jars?: readonly string[] | undefined;
  readonly pyFiles?: readonly string[] | undefined;
  readonly files?: readonly string[] | undefined;
}

/** The options of spark-submit, and of SageMaker's program, for an application. Pure. */
export function sparkSubmitOptions({ className, jars, pyFiles, files }: SparkSubmission): string[] {
  const options = [
    ['--class', className],
    ['--jars', list(jars)],
    ['--py-files', list(pyFiles)],
    ['--files', list(files)],
  ];
  return options.flatMap(([name, value]) => (name !== undefined && value ? [name, value] : []));
}

/** SageMaker's program takes a list by the kind of its first place: those of S3 come first, as its SDK has it. */
function list(places: readonly string[] = []): string {
  const remote = places.filter(isRemote);
  return [...remote, ...places.filter((place) => !isRemote(place))].join(',');
}

/** Whether a place is an object, not a file that travels with the code. */
export function isRemote(place: string): boolean {
  return /^s3[an]?:\/\//.test(place);
}

/** The text of `configuration.json` for Spark's properties. Pure. */
export function sparkConfiguration(conf: Readonly<Record<string, string>>): string {
  return JSON.stringify([{ Classification: 'spark-defaults', Properties: conf }]);
}

/** Where the platform itself decides. */
const OWN: Readonly<Record<string, string>> = {
  'spark.master': 'where it runs decides that',
  'spark.submit.deployMode': 'where it runs decides that',
  'spark.jars': 'name them in jars',
  'spark.submit.pyFiles': 'name them in pyFiles',
  'spark.files': 'name them in files',
};

/** What is wrong with Spark's properties: Spark itself passes over what it does not know. Pure. */
export function problemsOfConf(conf: Readonly<Record<string, string>>): string[] {
  return Object.entries(conf).flatMap(([name, value]) => {
    const own = OWN[name];
    if (own !== undefined) return [`'${name}' cannot be set: ${own}.`];
    if (!/^spark\.\S+$/.test(name)) {
      const meant = name.startsWith('spark') ? '' : ` Did you mean 'spark.${name}'?`;
      return [`'${name}' is no property of Spark: expected a name such as 'spark.executor.memory'.${meant}`];
    }
    return /[\r\n]/.test(value) ? [`'${name}': expected one line, got ${JSON.stringify(value)}.`] : [];
  });
}

const PLACE = /\{(input|output):([^{}]*)\}/g;

/** The places that an argument names. Pure. */
export function placesIn(argument: string): { readonly kind: 'input' | 'output'; readonly name: string }[] {
  return Array.from(argument.matchAll(PLACE), ([, kind, name]) => ({
    kind: kind as 'input' | 'output',
    name: name as string,
  }));
}

/**
 * Arguments with each `{input:NAME}` and `{output:NAME}` led to a place. Pure.
 *
 * @param places by kind and name; what has none was not given
 * @throws SluiceError `InvalidArgument` for a place that there is not
 */
export function placeArguments(
  parameters: readonly string[],
  places: Readonly<Record<'input' | 'output', Readonly<Record<string, string | undefined>>>>,
): string[] {
  return parameters.map((argument) =>
    argument.replace(PLACE, (text, kind: 'input' | 'output', name: string) => {
      const place = Object.hasOwn(places[kind], name) ? places[kind][name] : undefined;
      if (place !== undefined) return place;
      throw new SluiceError('InvalidArgument', `arguments: '${text}' names an ${kind} that was not given.`, {
        hint: `Give the ${kind} '${name}', or leave it out of arguments.`,
      });
    }),
  );
}
