import { placesIn, problemsOfConf, SPARK_CONF_INPUT } from '../contract/spark.ts';
import { suggest } from '../core/suggest.ts';
import type { Report } from './problems.ts';
import { isSpark, sparkOf } from './spark-of.ts';
import type { JobTask, ProcessingTask, SparkApplication } from './types.ts';

/** Checks what a task says of Spark. */
export function checkSpark(task: JobTask, report: Report): void {
  if (task.type !== 'processing') {
    if (isSpark(task.framework)) report(`framework: '${task.framework}' is for processing tasks alone.`);
    return;
  }
  const spark = sparkOf(task);
  if (!spark) return;
  checkApplication(task, spark, report);
  for (const problem of problemsOfConf(spark.conf ?? {})) report(`spark.conf: ${problem}`);
  if (spark.conf && SPARK_CONF_INPUT in task.inputs) {
    report(`input '${SPARK_CONF_INPUT}': this name is taken by spark.conf; choose another one.`);
  }
  for (const field of ['jars', 'pyFiles', 'files'] as const) {
    const place = spark[field]?.find((each) => each.includes(','));
    if (place !== undefined)
      report(`spark.${field}: '${place}' has a comma, which parts the list; rename it.`);
  }
  checkPlaces(task, report);
}

function checkApplication(
  { script, command, image, framework }: ProcessingTask,
  { className }: SparkApplication,
  report: Report,
): void {
  if (command) report('command: spark-submit starts a Spark application; leave command out.');
  if (framework !== undefined && !isSpark(framework)) {
    report(`framework: expected 'spark' beside spark, got '${framework}'.`);
  } else if (framework === undefined && image === undefined) {
    report("spark: it needs framework: 'spark', or an image that has smspark-submit.");
  }
  if (!script) report('spark: it needs a script: the .py or .jar of the application.');
  else if (!/\.(?:py|jar)$/.test(script.entry)) {
    report(`script: expected the .py or .jar of a Spark application, got '${script.entry}'.`);
  } else if (className !== undefined && script.entry.endsWith('.py')) {
    report(`spark.className: '${className}' is the class of a jar, and the script is '${script.entry}'.`);
  }
}

/** Each `{input:NAME}` and `{output:NAME}` of the arguments is one that there is. */
function checkPlaces(task: ProcessingTask, report: Report): void {
  for (const argument of task.arguments ?? []) {
    for (const { kind, name } of placesIn(argument)) {
      const names = Object.keys(kind === 'input' ? task.inputs : task.outputs);
      if (names.includes(name)) continue;
      report(`arguments: '{${kind}:${name}}': there is no ${kind} '${name}'. ${suggest(name, names)}`);
    }
  }
}
