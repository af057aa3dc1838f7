/**
 * StartJobRun for a task of flytekit's plugin for EMR Serverless.
 *
 * @see flytekitplugins-awsemrserverless 1.16.31, `task.py` and `connector.py`, for the members of the configuration
 */
import { SluiceError } from '../../../../core/errors.ts';
import { describeValue } from '../../../../core/json-problem.ts';
import type { Json } from '../../../../graph/index.ts';
import type { FlyteTask } from '../../flyte-task.ts';
import { renderedFor } from '../../runs/function-task.ts';
import { recordOf } from '../../runs/job-task.ts';
import type { JsonRecord } from '../config-of.ts';

/** What flytekit's connector sets: the interpreter of the image, in which flytekit is. */
const FUNCTION_CONF: Readonly<Record<string, string>> = {
  'spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON': '/usr/bin/python3',
  'spark.emr-serverless.driverEnv.PYSPARK_PYTHON': '/usr/bin/python3',
  'spark.executorEnv.PYSPARK_PYTHON': '/usr/bin/python3',
};
const TAGS = { Application: 'flyte', ManagedBy: 'flyte-connector' };

/** Where the parts of a function lie. */
export interface FunctionPlaces {
  /** `s3://…` of what runs it. */
  readonly entryPoint: string;
  /** Of its values, without trailing slash. */
  readonly store: string;
}

/** Whether a task names a script or a query; else its function is run. */
export function isScript({ custom }: Pick<FlyteTask, 'custom'>): boolean {
  return isGiven(custom['spark_job_driver']) || isGiven(custom['hive_job_driver']);
}

/** The name of a job: of its attempt alone, so that it can be found. Pure. */
function jobNameOf({ name, attempt }: FlyteTask, token: string): string {
  const whose = attempt ? `${attempt.execution}/${attempt.node}/${attempt.retryAttempt}` : token.slice(0, 16);
  return `${name.slice(0, 150)} ${whose}`.slice(0, 256);
}

/** All of the request but the application. Pure. @throws SluiceError `InvalidArgument` */
export function jobRequest(task: FlyteTask, token: string, places: FunctionPlaces | undefined): JsonRecord {
  const { custom } = task;
  const role = custom['execution_role_arn'];
  if (typeof role !== 'string' || role === '') throw expected('execution_role_arn', 'an ARN', role ?? null);
  const overrides = overridesOf(custom);
  return {
    name: jobNameOf(task, token),
    clientToken: token,
    executionRoleArn: role,
    jobDriver: driverOf(task, places),
    executionTimeoutMinutes: custom['execution_timeout_minutes'] ?? 60,
    tags: tagsOf(custom),
    ...(overrides && { configurationOverrides: overrides }),
    ...(isGiven(custom['retry_policy']) && { retryPolicy: custom['retry_policy'] }),
  };
}

/** Of jobs and applications. Pure. */
export function tagsOf(custom: JsonRecord): JsonRecord {
  return { ...TAGS, ...recordOf(custom['tags']) };
}

function driverOf(task: FlyteTask, places: FunctionPlaces | undefined): Json {
  const { custom } = task;
  const [spark, hive] = [custom['spark_job_driver'], custom['hive_job_driver']];
  if (isGiven(spark) && isGiven(hive))
    throw new SluiceError(
      'InvalidArgument',
      'custom: it has spark_job_driver and hive_job_driver; expected one.',
    );
  if (isGiven(hive)) return { hive: recordOf(hive) };
  const own = isGiven(spark) ? recordOf(spark) : functionDriver(task, places);
  const conf = isGiven(spark) ? {} : FUNCTION_CONF;
  const given = [own['sparkSubmitParameters'], custom['spark_submit_parameters']].filter(isText).join(' ');
  const environment = custom['inject_flyte_env'] === false ? {} : environmentConf(task);
  const added = Object.entries({ ...conf, ...environment })
    .filter(([key]) => !given.includes(`${key}=`))
    .map(([key, value]) => `--conf ${key}=${value}`);
  const parameters = [given, ...added].filter((each) => each !== '').join(' ');
  return { sparkSubmit: { ...own, ...(parameters !== '' && { sparkSubmitParameters: parameters }) } };
}

function functionDriver({ name, container }: FlyteTask, places: FunctionPlaces | undefined): JsonRecord {
  const args = [...(container?.command ?? []), ...(container?.args ?? [])];
  if (args.length === 0 || !places)
    throw new SluiceError(
      'InvalidArgument',
      `The task ${name} has neither a job driver nor a function to run.`,
      {
        hint: 'Give EMRServerless a spark_job_driver or hive_job_driver, or the task a container_image that has flytekit.',
      },
    );
  const { store, entryPoint } = places;
  const own = { inputs: `${store}/in`, outputs: `${store}/out` };
  return { entryPoint, entryPointArguments: renderedFor(args, own, store) };
}

/** What Flyte tells its own pods by variables. Values that spark-submit would take apart are left out. */
function environmentConf(task: FlyteTask): Record<string, string> {
  const { attempt, environment = {}, template } = task;
  const { project, domain, name, version } = template.id ?? {};
  const variables: Readonly<Record<string, string | undefined>> = attempt
    ? {
        FLYTE_INTERNAL_TASK_PROJECT: project,
        FLYTE_INTERNAL_TASK_DOMAIN: domain,
        FLYTE_INTERNAL_TASK_NAME: name,
        FLYTE_INTERNAL_TASK_VERSION: version,
        FLYTE_INTERNAL_NODE_ID: attempt.node,
        FLYTE_INTERNAL_EXECUTION_ID: attempt.execution,
        FLYTE_INTERNAL_EXECUTION_PROJECT: attempt.project,
        FLYTE_INTERNAL_EXECUTION_DOMAIN: attempt.domain,
        FLYTE_INTERNAL_TASK_RETRY_ATTEMPT: String(attempt.retryAttempt),
        ...environment,
      }
    : environment;
  return Object.fromEntries(
    Object.entries(variables).flatMap(([key, value = '']) =>
      value === '' || /[\s='"]/.test(value)
        ? []
        : [
            [`spark.emr-serverless.driverEnv.${key}`, value],
            [`spark.executorEnv.${key}`, value],
          ],
    ),
  );
}

function overridesOf(custom: JsonRecord): JsonRecord | undefined {
  const overrides = recordOf(custom['configuration_overrides']);
  const added = listOf(custom['application_configuration']);
  const configuration = [...listOf(overrides['applicationConfiguration']), ...added];
  const merged = {
    ...overrides,
    ...(configuration.length > 0 && { applicationConfiguration: configuration }),
  };
  return Object.keys(merged).length > 0 ? merged : undefined;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function isGiven(value: Json | undefined): value is Json {
  return value !== undefined && value !== null;
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function expected(member: string, what: string, got: Json): SluiceError {
  return new SluiceError('InvalidArgument', `custom.${member}: expected ${what}, got ${describeValue(got)}.`);
}
