// Needs: python
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CreateTrainingJobRequest, DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import { beforeAll, describe, expect, test } from 'vitest';
import { archiveFiles } from '../../harness/archive.ts';
import { channel, objectBytes } from '../../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { activate, pythonForModels, pythonWith, tarGz, wheel } from '../../harness/python.ts';

const SKLEARN_IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3';

/** What the SDK's documentation shows. */
const TRAIN = `
import argparse, json, os
import numpy as np
from sklearn.linear_model import LinearRegression

parser = argparse.ArgumentParser()
parser.add_argument("--fit-intercept", type=str)
parser.add_argument("-n", type=int)
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
arguments = parser.parse_args()
data = np.genfromtxt(os.path.join(arguments.train, "rows.csv"), delimiter=",")
model = LinearRegression(fit_intercept=arguments.fit_intercept == "True").fit(data[:, :1], data[:, 1])
print("slope:", round(float(model.coef_[0]), 3))
with open(os.path.join(arguments.model_dir, "model.json"), "w") as file:
    json.dump({"slope": round(float(model.coef_[0]), 3), "n": arguments.n, "cwd": os.getcwd(), "region": os.environ["AWS_REGION"]}, file)
`;

/** Also what stands for a package of the image that today's Pythons cannot have. */
const ROOTED = `
import subprocess, sys
from common.words import HELLO
from sagemaker_containers.beta.framework import content_types, encoders
print("said", HELLO, content_types.CSV, encoders.array_to_csv([[1, 2]]).strip())
subprocess.check_call([sys.executable, "jobs/other.py"])
`;

const REPORT = { images: [], frameworks: { missingPackages: 'report' as const } };

let environment: string;
beforeAll(async () => {
  environment = await pythonForModels();
}, 600_000);

interface Script {
  readonly files: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly hyperparameters?: Readonly<Record<string, string>>;
  readonly more?: Partial<CreateTrainingJobRequest>;
}

async function start(fixture: JobsFixture, name: string, script: Script): Promise<void> {
  await fixture.store.put(fixture.bucket, `${name}/source/sourcedir.tar.gz`, await tarGz(script.files));
  await fixture.jobs.training.start({
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: { TrainingImage: SKLEARN_IMAGE, TrainingInputMode: 'File' },
    HyperParameters: {
      ...script.hyperparameters,
      sagemaker_program: JSON.stringify(script.program ?? 'train.py'),
      sagemaker_submit_directory: JSON.stringify(`s3://${fixture.bucket}/${name}/source/sourcedir.tar.gz`),
      sagemaker_container_log_level: '20',
      sagemaker_job_name: JSON.stringify(name),
      sagemaker_region: '"us-east-1"',
    },
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    ...script.more,
  });
}

async function train(
  fixture: JobsFixture,
  name: string,
  script: Script,
): Promise<DescribeTrainingJobResponse> {
  await start(fixture, name, script);
  return fixture.jobs.training.wait(name);
}

async function logOf(fixture: JobsFixture, name: string): Promise<string> {
  return (await fixture.jobs.training.logTail(name, 500)).join('\n');
}

async function modelOf(fixture: JobsFixture, name: string): Promise<Record<string, string>> {
  return archiveFiles(await objectBytes(fixture, `out/${name}/output/model.tar.gz`));
}

/** Puts a wheel of `greeting` into the bucket; its channel and what tells pip of it. */
async function wheels(fixture: JobsFixture, version = '1.0'): Promise<Partial<CreateTrainingJobRequest>> {
  const source = `VERSION = "${version}"\n`;
  const file = `wheels/greeting-${version}-py3-none-any.whl`;
  await fixture.store.put(fixture.bucket, file, await wheel('greeting', version, source));
  return {
    InputDataConfig: [channel(fixture, 'wheels', 'wheels/')],
    Environment: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: '/opt/ml/input/data/wheels' },
  };
}

const PRINTS_GREETING = 'import greeting, sys\nprint("greeting", greeting.VERSION)\n';

describe.each(executors)('a script for a framework image in the %s executor', (_name, executor) => {
  test('is trained with the arguments and the environment of the toolkit', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    await fixture.store.put(fixture.bucket, 'data/rows.csv', '1,2\n2,4\n3,6\n');
    const job = await train(fixture, 'linear', {
      files: { 'train.py': TRAIN },
      hyperparameters: { 'fit-intercept': 'true', n: '3' },
      more: { InputDataConfig: [channel(fixture, 'train', 'data/')] },
    });
    expect(job.FailureReason).toBeUndefined();
    const model = JSON.parse((await modelOf(fixture, 'linear'))['model.json'] as string);
    expect(model).toMatchObject({ slope: 2, n: 3, region: 'us-east-1' });
    expect(model.cwd).toMatch(/\/opt\/ml\/code$/);
    expect(await logOf(fixture, 'linear')).toContain('slope: 2.0');
  });

  test("imports from the code's root wherever it lies, and what it starts does so too", async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor(), configuration: REPORT });
    const job = await train(fixture, 'rooted', {
      program: 'src/train.py',
      files: {
        'src/train.py': ROOTED,
        'jobs/other.py': 'from common.words import HELLO\nprint("child", HELLO)\n',
        'common/__init__.py': '',
        'common/words.py': 'HELLO = "hello"\n',
      },
    });
    expect(job.FailureReason).toBeUndefined();
    const log = await logOf(fixture, 'rooted');
    expect(log).toContain('said hello text/csv 1,2');
    expect(log).toContain('child hello');
  });

  test('that fails is reported as the toolkit reports it', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    const files = {
      'train.py': 'import sys\nsys.stderr.write("hello\\n")\nraise ValueError("no such luck")\n',
    };
    const job = await train(fixture, 'fails', { files, hyperparameters: { epochs: '3', a: '"x y"' } });
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(
      /^AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "raise ValueError\("no such luck"\)\n ValueError: no such luck"\nCommand "\S+\/bin\/python3 train\.py -a x y --epochs 3", exit code: 1$/,
    );
  });

  test('gets what its requirements.txt names', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    const files = { 'train.py': PRINTS_GREETING, 'requirements.txt': 'greeting==1.0\n' };
    const job = await train(fixture, 'greets', { files, more: await wheels(fixture) });
    expect(job.FailureReason).toBeUndefined();
    const log = await logOf(fixture, 'greets');
    expect(log).toContain('Installing dependencies from requirements.txt');
    expect(log).toContain('Successfully installed greeting-1.0');
    expect(log).toMatch(
      /^The image has scikit-learn 1\.2-1; this job runs with scikit-learn \d\S+ of the local Python 3\S+\.$/m,
    );
    expect(log).toContain('greeting 1.0');
  });

  test('may install packages itself, which no other job sees', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor() });
    const more = await wheels(fixture);
    const installs = `
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "greeting"])
subprocess.check_call(["pip", "--version"])
import greeting
print("greeting", greeting.VERSION)
`;
    const first = await train(fixture, 'installs', { files: { 'train.py': installs }, more });
    expect(first.FailureReason).toBeUndefined();
    const second = await train(fixture, 'lacks', { files: { 'train.py': PRINTS_GREETING }, more });
    expect(second.FailureReason).toContain(
      `ErrorMessage "ModuleNotFoundError: No module named 'greeting'"\nExtraInfo "Put greeting into requirements.txt beside the script, or install it for the local Python`,
    );
  });
});

describe('an entry point', () => {
  test.each([
    [
      'a shell script',
      'run.sh',
      { 'run.sh': '#!/bin/sh\necho "got $*" > "$SM_MODEL_DIR/seen"\n' },
      "got -v 1 --words it's two\n",
    ],
    [
      'a package',
      'train_package.py',
      {
        'setup.py':
          'from setuptools import setup\nsetup(name="train_package", version="1.0", py_modules=["train_package"])\n',
        'train_package.py':
          'import os, sys\nif __name__ == "__main__":\n    open(os.environ["SM_MODEL_DIR"] + "/seen", "w").write("got " + " ".join(sys.argv[1:]) + "\\n")\n',
      },
      "got -v 1 --words it's two\n",
    ],
  ])(
    'that is %s runs as the toolkit runs it',
    async (_what, program, files, seen) => {
      using _python = activate(environment);
      await using fixture = await openJobs();
      const job = await train(fixture, 'entry', {
        files,
        program,
        hyperparameters: { words: `"it's two"`, v: '1' },
        more: { Environment: { PIP_NO_BUILD_ISOLATION: '0' } },
      });
      expect(job.FailureReason).toBeUndefined();
      expect(await modelOf(fixture, 'entry')).toEqual({ seen });
    },
    600_000,
  );

  test('that has the line ends of Windows says so when it fails', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const files = { 'run.sh': '#!/bin/sh\r\necho hello\r\n' };
    const job = await train(fixture, 'windows', { files, program: 'run.sh' });
    expect(job.FailureReason).toContain(
      "/opt/ml/code/run.sh has the line ends of Windows (CRLF), which a shell does not understand. Convert it: sed -i 's/\\r$//' run.sh",
    );
  });

  test('that does not exist fails with what Python says', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const job = await train(fixture, 'missing', { files: { 'other.py': '' } });
    expect(job.FailureReason).toMatch(
      /ExitCode 2\nErrorMessage ".*can't open file '\/opt\/ml\/code\/train\.py'/,
    );
  });

  test('that is killed is reported as out of memory', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const files = { 'train.py': 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n' };
    const job = await train(fixture, 'killed', { files });
    expect(job.FailureReason).toContain(
      'ExitCode 137\nErrorMessage ""\nExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"',
    );
  });
});

describe('a job for a framework image', () => {
  test('without a script says which hyperparameters name one', async () => {
    await using fixture = await openJobs();
    const more = { HyperParameters: { epochs: '3' } };
    const job = await train(fixture, 'none', { files: { a: '' }, more });
    expect(job.FailureReason).toBe(
      `ClientError: Image '${SKLEARN_IMAGE}' runs the script that the hyperparameters name, and they name none. Set sagemaker_program and sagemaker_submit_directory (entry_point and source_dir in the SageMaker Python SDK), or give the job a ContainerEntrypoint that names a program of this machine.`,
    );
  });

  test('whose code is not there says so', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const more = {
      HyperParameters: {
        sagemaker_program: 'train.py',
        sagemaker_submit_directory: `s3://${fixture.bucket}/nowhere.tar.gz`,
      },
    };
    const job = await train(fixture, 'nowhere', { files: { a: '' }, more });
    expect(job.FailureReason).toMatch(
      /^ClientError: Failed to get sagemaker_submit_directory: .*nowhere\.tar\.gz/,
    );
  });

  test('whose archive would leave its directory fails', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const job = await train(fixture, 'leaves', { files: { '../../../evil.py': 'x' } });
    expect(job.FailureReason).toMatch(/^ClientError: .*archive that stays within its directory/);
  });

  test('takes code that a channel brings', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    await fixture.store.put(
      fixture.bucket,
      'code/sourcedir.tar.gz',
      await tarGz({ 'train.py': 'print("from a channel")' }),
    );
    const job = await train(fixture, 'isolated', {
      files: { a: '' },
      more: {
        HyperParameters: {
          sagemaker_program: '"train.py"',
          sagemaker_submit_directory: '"/opt/ml/input/data/code/sourcedir.tar.gz"',
        },
        InputDataConfig: [channel(fixture, 'code', 'code/')],
      },
    });
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'isolated')).toContain('from a channel');
  });
});

/** What the SageMaker Python SDK's ModelTrainer sends, and what its driver does. */
const DRIVER = `
#!/bin/bash
set -e
SM_PYTHON_CMD=$(command -v python3 || command -v python)
SM_PIP_CMD=$(command -v pip3 || command -v pip)
[[ -n "$SM_PIP_CMD" ]]
echo "export SM_MINE='$TRAINING_JOB_NAME'" > /opt/ml/input/sm_training.env
source /opt/ml/input/sm_training.env
cd /opt/ml/input/data/code
tar -xzf sourcedir.tar.gz
$SM_PYTHON_CMD -m pip install -r requirements.txt
$SM_PYTHON_CMD train.py
`;

test('a job of ModelTrainer runs its driver, which writes beside its channels and installs for itself', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs();
  const { store, bucket } = fixture;
  const { InputDataConfig: wheelChannels = [], Environment } = await wheels(fixture);
  await store.put(bucket, 'drivers/sm_train.sh', DRIVER);
  const code = await tarGz({
    'train.py': 'import greeting, os, sklearn\nprint("trained", os.environ["SM_MINE"], greeting.VERSION)\n',
    'requirements.txt': 'greeting\n',
  });
  await store.put(bucket, 'code/sourcedir.tar.gz', code);
  const script = '/opt/ml/input/data/sm_drivers/sm_train.sh';
  const job = await train(fixture, 'driven', {
    files: { a: '' },
    more: {
      AlgorithmSpecification: {
        TrainingImage: SKLEARN_IMAGE,
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['/bin/bash'],
        ContainerArguments: ['-c', `chmod +x ${script} && ${script}`],
      },
      HyperParameters: {},
      Environment,
      InputDataConfig: [
        ...wheelChannels,
        channel(fixture, 'code', 'code/'),
        channel(fixture, 'sm_drivers', 'drivers/'),
      ],
    },
  });
  expect(job.FailureReason).toBeUndefined();
  expect(await logOf(fixture, 'driven')).toContain('trained driven 1.0');
});

describe('requirements.txt', () => {
  test('that cannot be installed fails the job in the words of pip and leaves nothing behind', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const files = { 'train.py': PRINTS_GREETING, 'requirements.txt': 'greeting==9.9\n' };
    const job = await train(fixture, 'broken', { files, more: await wheels(fixture) });
    expect(job.FailureReason).toMatch(
      /^AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage "ERROR: Could not find a version that satisfies the requirement greeting==9\.9.*\nERROR: No matching distribution found for greeting==9\.9"\nCommand ".*\/bin\/python3 -m pip install -r requirements\.txt", exit code: 1$/s,
    );
    expect(await readdir(join(fixture.home, 'cache', 'python'))).toEqual([]);
  });

  test('is installed once for jobs that begin at the same time', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const more = await wheels(fixture);
    const script = { files: { 'train.py': PRINTS_GREETING, 'requirements.txt': 'greeting\n' }, more };
    const names = ['first', 'second', 'third'];
    const jobs = await Promise.all(names.map((name) => train(fixture, name, script)));
    expect(jobs.map((job) => job.TrainingJobStatus)).toEqual(['Completed', 'Completed', 'Completed']);
    const logs = await Promise.all(names.map((name) => logOf(fixture, name)));
    expect(logs.filter((log) => log.includes('Successfully installed greeting-1.0'))).toHaveLength(1);
    for (const log of logs) expect(log).toContain('greeting 1.0');
    // The environment, and the link that names it.
    expect(await readdir(join(fixture.home, 'cache', 'python'))).toHaveLength(2);
  });

  test('that names variables is installed anew where they have other values, and none is kept', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ configuration: REPORT });
    const files = { 'train.py': PRINTS_GREETING, 'requirements.txt': 'greeting==${WANTED}\n' };
    for (const wanted of ['1.0', '2.0']) {
      const { Environment, ...channels } = await wheels(fixture, wanted);
      const more = { ...channels, Environment: { ...Environment, WANTED: wanted } };
      const job = await train(fixture, `wants-${wanted[0]}`, { files, more });
      expect(job.FailureReason).toBeUndefined();
      expect(await logOf(fixture, `wants-${wanted[0]}`)).toContain(`greeting ${wanted}`);
    }
    expect(await readdir(join(fixture.home, 'cache', 'python'))).toHaveLength(4);
  });

  test('that names files beside it is installed for the job alone', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs();
    const files = {
      'train.py': PRINTS_GREETING,
      'requirements.txt': '-r more.txt\n',
      'more.txt': 'greeting\n',
    };
    const job = await train(fixture, 'alone', { files, more: await wheels(fixture) });
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'alone')).toContain('greeting 1.0');
  });

  test('a job that is stopped while it installs ends as Stopped and leaves nothing behind', async () => {
    using _python = activate(environment);
    await using fixture = await openJobs({ stopGraceMs: 1000 });
    await start(fixture, 'slow', {
      files: { 'train.py': '', 'requirements.txt': '--no-index\ngreeting\n' },
      // Nothing answers there.
      more: {
        Environment: { PIP_FIND_LINKS: 'http://192.0.2.1/', PIP_DEFAULT_TIMEOUT: '60', PIP_RETRIES: '9' },
      },
    });
    for await (const line of fixture.jobs.training.logs('slow', { follow: true })) {
      if (line.message.includes('Looking in links')) break;
    }
    await fixture.jobs.training.stop('slow');
    const job = await fixture.jobs.training.wait('slow');
    expect(job.TrainingJobStatus).toBe('Stopped');
    expect(await readdir(join(fixture.home, 'cache', 'python'))).toEqual([]);
  });
});

test('torch comes from the index of wheels for CPUs, also where requirements.txt names it', async () => {
  using _python = activate(environment);
  const file = 'torch-9.9+cpu-py3-none-any.whl';
  const body = await wheel('torch', '9.9+cpu', 'VERSION = "9.9+cpu"\n');
  const server = createServer((request, response) => {
    const page = `<a href="/${encodeURIComponent(file)}">${file}</a>`;
    response.setHeader('Content-Type', 'text/html');
    response.end(request.url?.endsWith('.whl') ? body : page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const frameworks = { missingPackages: 'install' as const, torchIndex: `http://127.0.0.1:${port}/` };
    await using fixture = await openJobs({ configuration: { images: [], frameworks } });
    const script = { 'train.py': 'import torch\nprint("torch", torch.VERSION)\n' };
    const image = '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312';
    const more = { AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' as const } };
    const ofTheImage = await train(fixture, 'image', { files: script, more });
    expect(ofTheImage.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'image')).toContain('torch 9.9+cpu');
    const files = { ...script, 'requirements.txt': 'torch==9.9\n' };
    const named = await train(fixture, 'named', { files });
    expect(named.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'named')).toContain('torch 9.9+cpu');
  } finally {
    server.close();
  }
});

test('framework packages that the local Python lacks are named first in the log, and in the failure', async () => {
  // Made here, where nobody has yet.
  using _python = activate(await pythonWith('pip'));
  await using fixture = await openJobs({
    configuration: { images: [], frameworks: { missingPackages: 'report' } },
  });
  const job = await train(fixture, 'bare', { files: { 'train.py': 'import sklearn\n' } });
  const log = await logOf(fixture, 'bare');
  expect(log.split('\n')[0]).toMatch(
    /^The local Python 3\.\S+ \(\S+\) lacks packages of the image: scikit-learn, numpy, pandas\. Install them there, or name them in requirements\.txt beside the script\.$/,
  );
  expect(job.FailureReason).toContain(
    `ErrorMessage "ModuleNotFoundError: No module named 'sklearn'"\nExtraInfo "Put scikit-learn into requirements.txt`,
  );
}, 600_000);
