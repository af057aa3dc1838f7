import { expect, test } from 'vitest';
import { checkJob, type ProcessingTask } from '../../src/graph/index.ts';

const task: ProcessingTask = {
  type: 'processing',
  name: 'etl',
  interface: { inputs: {}, outputs: {} },
  framework: 'spark',
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  volumeSizeInGB: 30,
  script: { entry: 'etl.py', directory: '/p', whole: true },
  arguments: ['{input:raw}', '--to={output:clean}', '{other:x}'],
  environment: {},
  maxRuntimeInSeconds: 3600,
  inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
  outputs: { clean: { localPath: '/opt/ml/processing/output/clean', uploadMode: 'EndOfJob' } },
  propertyFiles: {},
  spark: { conf: { 'spark.executor.memory': '2g' }, jars: ['lib/a.jar', 's3://b/b.jar'] },
};

function problems(change: Partial<ProcessingTask>): string[] {
  const found: string[] = [];
  checkJob({ ...task, ...change }, (problem) => found.push(problem));
  return found;
}

test('a Spark application is sound; so is one of an image of its own', () => {
  expect(problems({})).toEqual([]);
  const { framework: _, ...own } = task;
  const found: string[] = [];
  checkJob({ ...own, image: 'my-spark:1' }, (problem) => found.push(problem));
  expect(found).toEqual([]);
});

test.each<[string, Partial<ProcessingTask>, string]>([
  [
    'a property that is none of Spark',
    { spark: { conf: { 'executor.memory': '2g' } } },
    "spark.conf: 'executor.memory' is no property of Spark: expected a name such as 'spark.executor.memory'. Did you mean 'spark.executor.memory'?",
  ],
  [
    'a property that is the platform’s',
    { spark: { conf: { 'spark.master': 'yarn' } } },
    "spark.conf: 'spark.master' cannot be set: where it runs decides that.",
  ],
  [
    'a property of two lines',
    { spark: { conf: { 'spark.app.name': 'a\nspark.master x' } } },
    'spark.conf: \'spark.app.name\': expected one line, got "a\\nspark.master x".',
  ],
  [
    'a command',
    { command: ['spark-submit', 'x.py'] },
    'command: spark-submit starts a Spark application; leave command out.',
  ],
  [
    'a script that is none of Spark',
    { script: { entry: 'etl.ts', directory: '/p', whole: true } },
    "script: expected the .py or .jar of a Spark application, got 'etl.ts'.",
  ],
  [
    'a class of a script for Python',
    { spark: { className: 'com.Main' } },
    "spark.className: 'com.Main' is the class of a jar, and the script is 'etl.py'.",
  ],
  ['another framework', { framework: 'pytorch' }, "framework: expected 'spark' beside spark, got 'pytorch'."],
  [
    'an input that there is not',
    { arguments: ['{input:rwa}'] },
    "arguments: '{input:rwa}': there is no input 'rwa'. Did you mean 'raw'? There is: raw.",
  ],
  [
    'an output that there is not',
    { arguments: ['{output:raw}'] },
    "arguments: '{output:raw}': there is no output 'raw'. There is: clean.",
  ],
  [
    'a file whose name would part a list',
    { spark: { jars: ['a,b.jar'] } },
    "spark.jars: 'a,b.jar' has a comma, which parts the list; rename it.",
  ],
  [
    'an input of the name of the properties',
    { inputs: { conf: { localPath: '/opt/ml/processing/input/x', inputMode: 'File' } }, arguments: [] },
    "input 'conf': this name is taken by spark.conf; choose another one.",
  ],
])('%s is refused', (_title, change, expected) => {
  expect(problems(change)).toContain(expected);
});

test('a training job is no Spark application', () => {
  const found: string[] = [];
  const { inputs: _, outputs: __, propertyFiles: ___, spark: ____, ...common } = task;
  checkJob(
    {
      ...common,
      type: 'training',
      channels: {},
      hyperparameters: {},
      metricDefinitions: [],
      enableManagedSpotTraining: false,
    },
    (problem) => found.push(problem),
  );
  expect(found).toContain("framework: 'spark' is for processing tasks alone.");
});
