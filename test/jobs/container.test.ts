// Needs: bubblewrap, podman, python
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateModelInput, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type Configuration, DEFAULT_CONFIGURATION, type ImageSettings } from '../../src/core/config.ts';
import { createContainerExecutor, createSandboxExecutor } from '../../src/executors/index.ts';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import { archiveFiles } from '../harness/archive.ts';
import { IMAGE, openPodman } from '../harness/containers.ts';
import { channel, keysBelow, objectBytes, objectText, processingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';
import { tarGz } from '../harness/python.ts';
import { startS3, testCredentials } from '../harness/s3-server.ts';

// Where the engine's storage has no overlay, each container begins with a copy of its image.
vi.setConfig({ testTimeout: 300_000 });

const podman = await openPodman();
afterAll(() => podman[Symbol.asyncDispose]());
afterEach(podman.expectNothingLeft);

const executor = createContainerExecutor();
const inContainers = { executor, containers: executor };
const ECR_IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:3';
const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** An HTTP server as an image brings it: it listens at 8080 and doubles numbers. */
const SERVE = `exec node -e '
  const { readFileSync } = require("node:fs");
  require("node:http").createServer(async (request, response) => {
    if (request.url === "/ping") return response.end();
    const factor = Number(readFileSync("/opt/ml/model/factor", "utf8"));
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    response.end(text.trim().split("\\n").map((line) => Number(line) * factor).join("\\n") + "\\n");
  }).listen(8080);
  process.on("SIGTERM", () => process.exit(0));
  console.log("bound to", process.env.SAGEMAKER_BIND_TO_PORT, process.argv.length);
'`;

function mapping(images: Readonly<Record<string, ImageSettings>>): Configuration {
  const rules = Object.entries(images).map(([pattern, settings]) => ({
    pattern,
    directory: '/',
    ...settings,
  }));
  return { ...DEFAULT_CONFIGURATION, images: rules };
}

function training(
  fixture: JobsFixture,
  name: string,
  script: string,
  more: Partial<CreateTrainingJobRequest> = {},
): CreateTrainingJobRequest {
  return {
    TrainingJobName: name,
    RoleArn: ROLE,
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    Environment: { TRAIN: script },
    ...more,
    AlgorithmSpecification: {
      TrainingImage: IMAGE,
      TrainingInputMode: 'File',
      ...more.AlgorithmSpecification,
    },
  };
}

async function train(...parameters: Parameters<typeof training>) {
  const [fixture, name] = parameters;
  await fixture.jobs.training.start(training(...parameters));
  return fixture.jobs.training.wait(name);
}

async function logOf(fixture: JobsFixture, name: string): Promise<string> {
  return (await fixture.jobs.training.logTail(name, 100)).join('\n');
}

describe('a training job in a container', () => {
  test('is started with train, finds its channel and leaves a model and output', async () => {
    await using fixture = await openJobs(inContainers);
    await fixture.store.put(fixture.bucket, 'train/a.csv', 'one');
    await fixture.store.put(fixture.bucket, 'train/deep/b.csv', 'two');
    const script = `
      cd /opt/ml/input/data/train
      cat a.csv deep/b.csv > /opt/ml/model/weights
      cat /opt/ml/input/config/hyperparameters.json; echo
      echo "loss: 0.25 on $(hostname)"
      mkdir -p /opt/ml/output/data && echo note > /opt/ml/output/data/note`;
    const job = await train(fixture, 'file', script, {
      HyperParameters: { epochs: '3' },
      InputDataConfig: [channel(fixture, 'train', 'train/')],
      AlgorithmSpecification: {
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: 'loss', Regex: 'loss: ([0-9.]+)' }],
      },
    });
    expect(job.FailureReason).toBeUndefined();
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(job.FinalMetricDataList).toMatchObject([{ MetricName: 'loss', Value: 0.25 }]);
    expect(await archiveFiles(await objectBytes(fixture, 'out/file/output/model.tar.gz'))).toEqual({
      weights: 'onetwo',
    });
    expect(await logOf(fixture, 'file')).toBe('{"epochs":"3"}\nloss: 0.25 on algo-1');
    // What the container made can be removed.
    expect(existsSync(join(fixture.home, 'jobs', 'training', 'file', 'algo-1'))).toBe(false);
  });

  test('reads its channel through a FIFO in Pipe mode, each epoch anew', async () => {
    await using fixture = await openJobs(inContainers);
    await fixture.store.put(fixture.bucket, 'train/a', 'one ');
    await fixture.store.put(fixture.bucket, 'train/b', 'two');
    const script = 'cat /opt/ml/input/data/train_0; echo; cat /opt/ml/input/data/train_1; echo';
    const job = await train(fixture, 'pipe', script, {
      InputDataConfig: [channel(fixture, 'train', 'train/')],
      AlgorithmSpecification: { TrainingInputMode: 'Pipe' },
    });
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(await logOf(fixture, 'pipe')).toBe('one two\none two');
  });

  test('reads a FastFile channel of a remote store', async () => {
    const server = await startS3({ verify: false });
    const remote = createS3Store({ endpoint: server.url, credentials: testCredentials });
    try {
      await server.store.createBucket('remote');
      await server.store.put('remote', 'train/sub/one', Buffer.alloc(3_000_000, 'a'));
      await using fixture: JobsFixture = await openJobs({
        ...inContainers,
        stores: { store: (bucket) => (bucket === 'remote' ? remote : fixture.store) },
      });
      const script = 'cd /opt/ml/input/data/train; wc -c < sub/one; touch new 2>/dev/null || echo refused';
      const job = await train(fixture, 'fast', script, {
        InputDataConfig: [channel(fixture, 'train', 's3://remote/train', { InputMode: 'FastFile' })],
      });
      expect(job.FailureReason).toBeUndefined();
      expect(await logOf(fixture, 'fast')).toBe('3000000\nrefused');
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(fixture.home);
    } finally {
      await remote.close();
      await server.close();
    }
  });

  test('runs its ContainerEntrypoint with ContainerArguments, or its arguments in place of train', async () => {
    await using fixture = await openJobs(inContainers);
    await train(fixture, 'entrypoint', '', {
      AlgorithmSpecification: {
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['echo', 'entrypoint'],
        ContainerArguments: ['--of', 'mine'],
      },
    });
    expect(await logOf(fixture, 'entrypoint')).toBe('entrypoint --of mine');
    await train(fixture, 'arguments', '', {
      AlgorithmSpecification: { TrainingInputMode: 'File', ContainerArguments: ['echo', 'instead'] },
    });
    expect(await logOf(fixture, 'arguments')).toBe('instead');
  });

  test("has the code in place that its image's toolkit would fetch from S3", async () => {
    await using fixture = await openJobs(inContainers);
    await fixture.store.put(fixture.bucket, 'sourcedir.tar.gz', await tarGz({ 'train.py': 'print(1)' }));
    const job = await train(fixture, 'toolkit', 'cat /opt/ml/code/*', {
      HyperParameters: {
        sagemaker_program: '"train.py"',
        sagemaker_submit_directory: `"s3://${fixture.bucket}/sourcedir.tar.gz"`,
      },
    });
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'toolkit')).toBe('print(1)');
  });

  test('of a script that names no image runs it with its hyperparameters, beside its own modules', async () => {
    const configuration = mapping({ 'sluice/node:24': { container: IMAGE } });
    await using fixture = await openJobs({ ...inContainers, configuration });
    const files = {
      'src/train.ts':
        "import { WORD } from '../words.ts';\nconsole.log(WORD, process.cwd(), process.argv.slice(2));",
      'words.ts': "export const WORD = 'hello';",
      'package.json': '{"type":"module"}',
    };
    await fixture.store.put(fixture.bucket, 'sourcedir.tar.gz', await tarGz(files));
    const job = await train(fixture, 'local-script', '', {
      AlgorithmSpecification: { TrainingInputMode: 'File', TrainingImage: 'sluice/node:24' },
      HyperParameters: {
        sagemaker_program: '"src/train.ts"',
        sagemaker_submit_directory: `"s3://${fixture.bucket}/sourcedir.tar.gz"`,
        words: '"it\'s two"',
      },
    });
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf(fixture, 'local-script')).toBe(`hello /opt/ml/code [ '--words', "it's two" ]`);
  });

  test('fails with its exit code and the file that it leaves, and its network is none where it is isolated', async () => {
    await using fixture = await openJobs(inContainers);
    const script = 'ip -o link | wc -l > /opt/ml/output/failure; exit 7';
    const job = await train(fixture, 'fails', script, { EnableNetworkIsolation: true });
    expect(job.FailureReason).toBe('AlgorithmError: 1\n, exit code: 7');
  });

  test('that runs out of memory says so', async () => {
    const containers = { pull: 'never', arguments: ['--memory', '48m', '--memory-swap', '48m'] } as const;
    const configuration = { ...DEFAULT_CONFIGURATION, containers };
    await using fixture = await openJobs({ ...inContainers, configuration });
    const job = await train(fixture, 'large', 'exec tail /dev/zero');
    expect(job.FailureReason).toBe(
      'AlgorithmError: The container ran out of memory and was killed, exit code: 137',
    );
  });

  test('is asked to stop, and what it saves then is kept', async () => {
    await using fixture = await openJobs(inContainers);
    const script =
      'trap "echo saved > /opt/ml/model/weights; exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    await fixture.jobs.training.start(training(fixture, 'stops', script));
    for await (const line of fixture.jobs.training.logs('stops', { follow: true })) {
      if (line.message === 'ready') await fixture.jobs.training.stop('stops');
    }
    const job = await fixture.jobs.training.wait('stops');
    expect(job.TrainingJobStatus).toBe('Stopped');
    expect(await archiveFiles(await objectBytes(fixture, 'out/stops/output/model.tar.gz'))).toEqual({
      weights: 'saved\n',
    });
  });

  test('is killed when it takes no notice within the grace', async () => {
    await using fixture = await openJobs({ ...inContainers, stopGraceMs: 200 });
    await fixture.jobs.training.start(training(fixture, 'deaf', 'trap "" TERM; echo ready; sleep 1000'));
    for await (const line of fixture.jobs.training.logs('deaf', { follow: true })) {
      if (line.message === 'ready') await fixture.jobs.training.stop('deaf');
    }
    expect((await fixture.jobs.training.wait('deaf')).TrainingJobStatus).toBe('Stopped');
  });

  test('of several hosts has them reach each other', async () => {
    await using fixture = await openJobs(inContainers);
    const script =
      'for host in algo-1 algo-2; do until ping -c 1 -W 1 $host >/dev/null 2>&1; do sleep 0.1; done; done; echo met; sleep 6';
    const job = await train(fixture, 'hosts', script, {
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
    });
    expect(job.TrainingJobStatus).toBe('Completed');
    for (const host of ['algo-1', 'algo-2'])
      expect(await fixture.jobs.training.logTail('hosts', 10, host)).toContain('met');
  });

  test('whose image is not there fails before its data is brought, and the reason says how to mend it', async () => {
    await using fixture = await openJobs(inContainers);
    const missing = { TrainingInputMode: 'File' as const, TrainingImage: ECR_IMAGE };
    const job = await train(fixture, 'none', '', { AlgorithmSpecification: missing });
    expect(job.FailureReason).toBe(
      `ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect. Get it (podman pull ${ECR_IMAGE}, or docker pull ${ECR_IMAGE}), or name one that is here in sluice.yaml: images: {'${ECR_IMAGE}': {container: 'localhost/my-image:latest'}}. With containers: {pull: missing} Sluice pulls it.`,
    );
    const node = { TrainingInputMode: 'File' as const, TrainingImage: 'sluice/node:24' };
    expect((await train(fixture, 'script', '', { AlgorithmSpecification: node })).FailureReason).toMatch(
      /Scripts that name no image run in 'sluice\/node:24': name an image .*container: 'docker\.io\/library\/node:24'/,
    );
  });
});

describe('an image that images: names a container for', () => {
  const configuration = mapping({
    '123456789012.dkr.ecr.*/mine:*': { container: IMAGE, environment: { TRAIN: 'echo mapped' } },
    'sluice/node:24': { container: IMAGE },
  });

  test('runs in it though other jobs run in the sandbox', async () => {
    const sandbox = createSandboxExecutor();
    await using fixture = await openJobs({ executor: sandbox, containers: executor, configuration });
    const image = { TrainingInputMode: 'File' as const, TrainingImage: ECR_IMAGE };
    await train(fixture, 'mapped', '', { Environment: {}, AlgorithmSpecification: image });
    expect(await logOf(fixture, 'mapped')).toBe('mapped');
    const local = { ...image, TrainingImage: 'other:1', ContainerEntrypoint: ['echo', 'local'] };
    await train(fixture, 'local', '', { AlgorithmSpecification: local });
    expect(await logOf(fixture, 'local')).toBe('local');
  });

  test('does not where another executor was asked for', async () => {
    await using fixture = await openJobs({ configuration });
    const image = { TrainingInputMode: 'File' as const, TrainingImage: ECR_IMAGE };
    const job = await train(fixture, 'asked', '', { AlgorithmSpecification: image });
    expect(job.FailureReason).toMatch(
      /^ClientError: Image '.*mine:3' runs in the container '.*', as images: says, and jobs run in a sandbox here\. Choose --executor auto or container/,
    );
  });

  test('runs scripts that name no image', async () => {
    await using fixture = await openJobs({ ...inContainers, configuration });
    const source = `
      import { writeFileSync } from 'node:fs';
      const text: string = process.cwd();
      writeFileSync('/opt/ml/processing/output/result/where', text);`;
    const result = { S3Uri: `s3://${fixture.bucket}/result`, LocalPath: '/opt/ml/processing/output/result' };
    await fixture.jobs.processing.start(
      await processingRequest(fixture, 'script', source, {
        ProcessingOutputConfig: {
          Outputs: [{ OutputName: 'result', S3Output: { ...result, S3UploadMode: 'EndOfJob' } }],
        },
      }),
    );
    const job = await fixture.jobs.processing.wait('script');
    expect(job.FailureReason).toBeUndefined();
    expect(await objectText(fixture, 'result/where')).toBe('/');
  });
});

test("a processing job runs its image's own entrypoint, between its inputs and outputs", async () => {
  await using fixture = await openJobs(inContainers);
  await fixture.store.put(fixture.bucket, 'raw/rows.csv', '3\n1\n2\n');
  const local = (name: string) => `/opt/ml/processing/${name}`;
  await fixture.jobs.processing.start({
    ProcessingJobName: 'sorts',
    RoleArn: ROLE,
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
    },
    AppSpecification: { ImageUri: IMAGE },
    Environment: { PROCESS: `sort ${local('in')}/rows.csv > ${local('out')}/sorted.csv` },
    ProcessingInputs: [
      {
        InputName: 'raw',
        S3Input: {
          S3Uri: `s3://${fixture.bucket}/raw/`,
          LocalPath: local('in'),
          S3DataType: 'S3Prefix',
          S3InputMode: 'File',
        },
      },
    ],
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: 'sorted',
          S3Output: {
            S3Uri: `s3://${fixture.bucket}/sorted`,
            LocalPath: local('out'),
            S3UploadMode: 'EndOfJob',
          },
        },
      ],
    },
  });
  const job = await fixture.jobs.processing.wait('sorts');
  expect(job.FailureReason).toBeUndefined();
  expect(await objectText(fixture, 'sorted/sorted.csv')).toBe('1\n2\n3\n');
});

describe('a batch transform job in a container', () => {
  async function transform(
    fixture: JobsFixture,
    model: Partial<CreateModelInput['PrimaryContainer']>,
    input: string,
  ) {
    await fixture.jobs.models.put({
      ModelName: 'model',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { ModelDataUrl: `s3://${fixture.bucket}/model.tar.gz`, ...model },
    });
    await fixture.store.put(fixture.bucket, 'in/rows.csv', input);
    await fixture.jobs.transform.start({
      TransformJobName: 'transform',
      ModelName: 'model',
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
      TransformInput: {
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${fixture.bucket}/in/` } },
        ContentType: 'text/csv',
        SplitType: 'Line',
      },
      TransformOutput: { S3OutputPath: `s3://${fixture.bucket}/out`, Accept: 'text/csv' },
    });
    const job = await fixture.jobs.transform.wait('transform');
    const log = (await fixture.jobs.transform.logTail('transform', 50)).join('\n');
    expect(job.FailureReason).toBeUndefined();
    expect(await keysBelow(fixture, 'out/')).toEqual(['out/rows.csv.out']);
    return { output: await objectText(fixture, 'out/rows.csv.out'), log };
  }

  async function putModel(fixture: JobsFixture, files: Readonly<Record<string, string>>): Promise<void> {
    await fixture.store.put(fixture.bucket, 'model.tar.gz', await tarGz(files));
  }

  test("asks the image's own server, started with serve, at its port 8080", async () => {
    await using fixture = await openJobs(inContainers);
    await putModel(fixture, { factor: '2' });
    const { output, log } = await transform(fixture, { Image: IMAGE, Environment: { SERVE } }, '1\n2\n');
    expect(output).toBe('2\n4\n');
    expect(log).toContain('bound to 8080');
  });

  test('gets a server for models of Node in the container that is named for them', async () => {
    const configuration = mapping({ 'sluice/node:24': { container: IMAGE } });
    await using fixture = await openJobs({ ...inContainers, configuration });
    await putModel(fixture, {
      'code/inference.ts':
        'export const modelFn = () => ({}); export const predictFn = (rows: number[][]) => rows.map((row) => row.map((x) => x * 3));',
      'code/package.json': '{"type":"module"}',
    });
    const model = { Image: 'sluice/node:24', Environment: { SAGEMAKER_PROGRAM: 'inference.ts' } };
    expect((await transform(fixture, model, '1,2\n3,4\n')).output.trim()).toBe('3,6\n9,12');
  });
});

test('what runs leaves its home as plain processes do: data goes, logs stay', async () => {
  await using fixture = await openJobs(inContainers);
  await train(fixture, 'tidy', 'mkdir -m 700 /opt/ml/model/own; echo x > /opt/ml/model/own/file');
  expect(readdirSync(join(fixture.home, 'jobs', 'training', 'tidy'))).toEqual(['logs']);
});
