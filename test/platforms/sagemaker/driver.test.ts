// Needs: python
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { trainingEnvironment } from '../../../src/contract/training-environment.ts';
import { driverPlan } from '../../../src/platforms/request/drive-training.ts';
import { temporaryDirectories } from '../../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();
const toolkit = join(import.meta.dirname, '../../../src/toolkit');

const request: CreateTrainingJobRequest = {
  TrainingJobName: 'train-1',
  RoleArn: 'arn:aws:iam::123456789012:role/Exec',
  AlgorithmSpecification: { TrainingImage: 'own:1', TrainingInputMode: 'File' },
  HyperParameters: {
    epochs: '3',
    name: 'a b',
    'learning-rate': '0.1',
    sagemaker_program: '"train.py"',
    sagemaker_submit_directory: '"s3://b/sourcedir.tar.gz"',
  },
  InputDataConfig: [
    { ChannelName: 'train', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://b/d' } } },
  ],
  OutputDataConfig: { S3OutputPath: 's3://b/out' },
  ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 30 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
  Environment: { MODE: 'own', SM_HP_EPOCHS: 'mine' },
};

/** Which depend on the machine; the job's own are told beside. */
const MACHINES = new Set(['SM_NUM_CPUS', 'SM_NUM_GPUS', 'SM_TRAINING_ENV']);

const SCRIPTS = {
  'driver.py': [
    'python3',
    'train.py',
    'import json, os, sys\nprint(json.dumps([dict(os.environ), sys.argv[1:], os.getcwd()]))\n',
  ],
  'driver.mjs': [
    process.execPath,
    'train.mjs',
    'console.log(JSON.stringify([process.env, process.argv.slice(2), process.cwd()]));\n',
  ],
} as const;

/** A job's directories as SageMaker makes them, with the driver's channel and the code's. */
async function jobOf(driver: keyof typeof SCRIPTS, plan: object): Promise<{ root: string; driver: string }> {
  const root = join(await temporaryDirectory(), 'ml');
  const [, program, source] = SCRIPTS[driver];
  const files = {
    'input/config/resourceconfig.json': JSON.stringify({ current_host: 'algo-2' }),
    'input/data/sluice_driver/plan.json': JSON.stringify(plan),
    [`input/data/sluice_code/${program}`]: source,
    'input/data/sluice_code/package.json': '{"type":"module"}',
    'output/data/.keep': '',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const place = join(root, 'input/data/sluice_driver', driver);
  await cp(join(toolkit, driver), place);
  return { root, driver: place };
}

describe.each(Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[])('%s', (driver) => {
  const [interpreter, program] = SCRIPTS[driver];

  test('gives a script what the toolkit gives it, in a container whose image knows nothing of it', async () => {
    const plan = driverPlan(program, request);
    const { root, driver: path } = await jobOf(driver, plan);
    const env = { PATH: process.env['PATH'] ?? '', MODE: 'own', SM_HP_EPOCHS: 'mine' };
    const said = execFileSync(interpreter, [path, '--more', 'x y'], { env, encoding: 'utf8' });
    const [told, given, where] = JSON.parse(said) as [Record<string, string>, string[], string];
    expect(given).toEqual(['--epochs', '3', '--learning-rate', '0.1', '--name', 'a b', '--more', 'x y']);
    expect(where).toBe(join(root, 'code'));
    const { sagemaker_submit_directory: _, ...hyperparameters } = request.HyperParameters ?? {};
    const expected = trainingEnvironment({
      request: { ...request, HyperParameters: hyperparameters },
      host: 'algo-2',
      arn: '',
      region: '',
      cpus: 1,
      gpus: 0,
    });
    for (const [name, value] of Object.entries(expected)) {
      if (!name.startsWith('SM_') || MACHINES.has(name)) continue;
      expect({ name, value: told[name]?.replaceAll(root, '/opt/ml') }).toEqual({ name, value });
    }
    expect(Number(told['SM_NUM_CPUS'])).toBeGreaterThan(0);
    expect(JSON.parse(told['SM_TRAINING_ENV'] ?? '')).toMatchObject({
      current_host: 'algo-2',
      num_cpus: Number(told['SM_NUM_CPUS']),
      hyperparameters: { epochs: 3, name: 'a b', 'learning-rate': 0.1 },
    });
    expect(told['SM_CHANNEL_TRAIN']).toBe(join(root, 'input/data/train'));
    expect(told['SM_MODULE_DIR']).toBe(join(root, 'code'));
  });
});

test('leaves the script to the toolkit of an image that has one', async () => {
  const { root, driver } = await jobOf('driver.py', {
    ...driverPlan('train.py', request),
    distributed: true,
  });
  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'lib/sagemaker_training'), { recursive: true });
  await writeFile(join(root, 'lib/sagemaker_training/__init__.py'), '');
  await writeFile(join(root, 'bin/train'), '#!/bin/sh\necho the toolkit trains\n');
  await chmod(join(root, 'bin/train'), 0o755);
  const env = { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, PYTHONPATH: join(root, 'lib') };
  expect(execFileSync('python3', [driver], { env, encoding: 'utf8' })).toBe('the toolkit trains\n');
});

test('says what a distribution needs, in the log and as the reason of the failure', async () => {
  const { root, driver } = await jobOf('driver.py', {
    ...driverPlan('train.py', request),
    distributed: true,
  });
  const run = () =>
    execFileSync('python3', [driver], { env: { PATH: process.env['PATH'] ?? '' }, stdio: 'pipe' });
  expect(run).toThrow('distribution: the image has no training toolkit');
  expect(await readFile(join(root, 'output/failure'), 'utf8')).toContain('pip install sagemaker-training');
});
