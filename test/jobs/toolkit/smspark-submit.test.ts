// Needs: python
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJobs } from '../../harness/jobs.ts';
import { activate, pythonForModels } from '../../harness/python.ts';

const program = fileURLToPath(new URL('../../../src/toolkit/smspark_submit.py', import.meta.url));
const IMAGE = '173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu';

let ml: string;
beforeEach(async () => {
  ml = await mkdtemp(join(tmpdir(), 'sluice-smspark-'));
  await mkdir(join(ml, 'config'));
  await mkdir(join(ml, 'processing/input/conf'), { recursive: true });
});
afterEach(() => rm(ml, { recursive: true }));

/** Runs it with a Spark whose spark-submit prints what it is given. */
async function submit(arguments_: readonly string[], exitCode = 0) {
  const spark = join(ml, 'spark');
  await mkdir(join(spark, 'bin'), { recursive: true });
  await mkdir(join(ml, 'modules/pyspark'), { recursive: true });
  await writeFile(join(ml, 'modules/pyspark/__init__.py'), '');
  const script = `#!/bin/sh\nprintf '%s\\n' "$@"\nexit ${exitCode}\n`;
  await writeFile(join(spark, 'bin/spark-submit'), script, { mode: 0o755 });
  const env = {
    PATH: process.env['PATH'],
    SLUICE_ML: ml,
    SLUICE_SPARK: join(ml, 'work'),
    SPARK_HOME: spark,
    PYTHONPATH: join(ml, 'modules'),
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4777',
  };
  const { status, stdout, stderr } = spawnSync('python3', [program, ...arguments_], {
    env,
    encoding: 'utf8',
  });
  const message = await readFile(join(ml, 'output/message'), 'utf8').catch(() => undefined);
  return { status, given: stdout.trim().split('\n'), stderr, message };
}

const setting = (file: string) => readFile(join(ml, 'work/conf', file), 'utf8');
const configure = (value: unknown) =>
  writeFile(join(ml, 'processing/input/conf/configuration.json'), JSON.stringify(value));

describe('smspark-submit', () => {
  test('gives spark-submit its options with directories as lists, and the application as it is', async () => {
    await mkdir(join(ml, 'jars'));
    for (const name of ['b.jar', 'a.jar']) await writeFile(join(ml, 'jars', name), '');
    const { status, given } = await submit([
      '--class',
      'com.Main',
      `--jars=${ml}/jars`,
      '-v',
      '/app.jar',
      '--conf',
      'x=1',
    ]);
    expect(status).toBe(0);
    const jars = `${ml}/jars/a.jar,${ml}/jars/b.jar`;
    expect(given.join(' ')).toBe(
      `--master local[*] --class com.Main --jars ${jars} --verbose /app.jar --conf x=1`,
    );
  });

  test('writes what the input conf says after its own settings', async () => {
    await configure([
      { Classification: 'spark-defaults', Properties: { 'spark.executor.memory': '2g' } },
      { Classification: 'core-site', Properties: { 'fs.x': 'a<b' } },
      {
        Classification: 'spark-env',
        Properties: {},
        Configurations: [{ Classification: 'export', Properties: { A: 'b' } }],
      },
      { Classification: 'yarn-site', Properties: { y: '1' } },
    ]);
    const { stderr } = await submit(['/app.py']);
    expect(await setting('spark-defaults.conf')).toMatch(
      /spark\.ui\.enabled false\n[^]*spark\.executor\.memory 2g\n$/,
    );
    expect(await setting('core-site.xml')).toContain('<name>fs.x</name>\n    <value>a&lt;b</value>');
    expect(await setting('core-site.xml')).toContain('<value>http://127.0.0.1:4777</value>');
    expect(await setting('spark-env.sh')).toBe('export A=b\n');
    expect(stderr).toContain("'yarn-site' of configuration.json is for programs that do not run here.");
  });

  test('leads arguments that name the job’s own places in S3 to where they lie, without hadoop-aws alone', async () => {
    const job = {
      ProcessingInputs: [{ S3Input: { S3Uri: 's3://b/raw', LocalPath: '/opt/ml/processing/input/raw' } }],
      ProcessingOutputConfig: {
        Outputs: [{ S3Output: { S3Uri: 's3://b/out/', LocalPath: '/opt/ml/processing/output' } }],
      },
    };
    await writeFile(join(ml, 'config/processingjobconfig.json'), JSON.stringify(job));
    const places = ['s3://b/raw/part', '--to=s3a://b/out', 's3://b/rawer'];
    const { given } = await submit(['/app.py', ...places]);
    expect(given.slice(3)).toEqual([
      `file://${ml}/processing/input/raw/part`,
      `--to=file://${ml}/processing/output`,
      's3://b/rawer',
    ]);
    await configure({
      Classification: 'spark-defaults',
      Properties: { 'spark.jars.packages': 'org.apache.hadoop:hadoop-aws:3.3.4' },
    });
    expect((await submit(['/app.py', ...places])).given.slice(3)).toEqual(places);
  });

  test('leaves the application to the first of the sorted hosts', async () => {
    await writeFile(
      join(ml, 'config/resourceconfig.json'),
      JSON.stringify({ current_host: 'algo-2', hosts: ['algo-2', 'algo-1'] }),
    );
    const { status, given } = await submit(['/app.py']);
    expect({ status, given }).toEqual({ status: 0, given: [''] });
  });

  test.each<[string, string[], string]>([
    [
      'no application',
      ['--class', 'x'],
      "Algorithm Error: (caused by MissingParameter): Couldn't parse input.: missing parameter: app",
    ],
    [
      'an option that there is not',
      ['--conf', 'a=b', '/app.py'],
      "Algorithm Error: (caused by NoSuchOption): Couldn't parse input.: No such option: --conf",
    ],
    [
      'a file that there is not',
      ['--jars', '/nowhere.jar', '/app.jar'],
      'Algorithm Error: (caused by ValueError): error preparing for spark submit: file path /nowhere.jar does not exist',
    ],
    [
      'a relative path',
      ['--files', 'x.json', '/app.py'],
      'Algorithm Error: (caused by ValueError): error preparing for spark submit: file path x.json must be an absolute path to a file or directory',
    ],
  ])('%s is told in the image’s words', async (_title, given, message) => {
    expect(await submit(given)).toMatchObject({ status: 1, message });
  });

  test('a classification that nobody knows, and an application that fails, are told in the image’s words', async () => {
    await configure({ Classification: 'spark-default', Properties: {} });
    expect((await submit(['/app.py'])).message).toMatch(
      /^Algorithm Error: \(caused by ValueError\): error running Spark job: Invalid classification: spark-default\. Must be one of \['core-site'/,
    );
    await configure([]);
    const failed = await submit(['/app.py'], 3);
    expect(failed.status).toBe(3);
    expect(failed.message).toMatch(
      /^Algorithm Error: \(caused by CalledProcessError\): spark failed with a non-zero exit code: Command '.*spark-submit --master 'local\[\*\]' \/app\.py' returned non-zero exit status 3\.$/,
    );
  });
});

test('without PySpark, and where none may be installed, a job says how to get it', async () => {
  const { DEFAULT_CONFIGURATION } = await import('../../../src/core/config.ts');
  const configuration = {
    ...DEFAULT_CONFIGURATION,
    frameworks: { ...DEFAULT_CONFIGURATION.frameworks, missingPackages: 'report' as const },
  };
  using _ = activate(await pythonForModels());
  await using fixture = await openJobs({ configuration });
  await fixture.jobs.processing.start({
    ProcessingJobName: 'spark',
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AppSpecification: { ImageUri: IMAGE, ContainerEntrypoint: ['smspark-submit', '/app.py'] },
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
    },
  });
  const job = await fixture.jobs.processing.wait('spark');
  expect(job.ProcessingJobStatus).toBe('Failed');
  expect(job.FailureReason).toMatch(
    /^ClientError: The job needs Spark, and the local Python \S+ \(.*\) has no pyspark\. Install it: .* -m pip install 'pyspark==3\.5\.\*'$/,
  );
}, 600_000);
