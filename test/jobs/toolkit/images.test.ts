// Needs: bubblewrap, python
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Configuration, ImageSettings } from '../../../src/core/config.ts';
import { createContainerExecutor, createSandboxExecutor } from '../../../src/executors/index.ts';
import { planContainer, planServing } from '../../../src/jobs/images.ts';
import { objectText, putCode, trainingRequest } from '../../harness/job-requests.ts';
import { executors, openJobs } from '../../harness/jobs.ts';

const IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/my-image:3';
const PYTORCH = '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1.0';

function configuration(settings: ImageSettings, directory = '/'): Configuration {
  const pattern = '123456789012.dkr.ecr.*/my-image:*';
  return {
    images: [{ pattern, directory, ...settings }],
    frameworks: { missingPackages: 'report' },
  };
}
const NONE: Configuration = { images: [], frameworks: { missingPackages: 'report' } };

/** Where the sandbox was asked for. */
const sandbox = (configuration: Configuration) => ({ executor: createSandboxExecutor(), configuration });

describe('what stands for a container', () => {
  test('is the entrypoint, whatever the image', () => {
    expect(planContainer({ image: IMAGE, entrypoint: ['a'], arguments: ['b'] }, sandbox(NONE))).toEqual({
      kind: 'entrypoint',
      command: ['a', 'b'],
      framework: undefined,
      python: false,
    });
    expect(planContainer({ image: PYTORCH, entrypoint: ['a'] }, sandbox(NONE))).toMatchObject({
      framework: 'pytorch',
      python: true,
    });
  });

  test.each(['sluice/python:3', 'sluice/node:24', IMAGE])('is the script for %s too', (image) => {
    const hyperparameters = { sagemaker_program: 'train.py' };
    expect(planContainer({ image, hyperparameters }, sandbox(NONE))).toMatchObject({
      kind: 'toolkit',
      script: { program: 'train.py', ...(image === IMAGE && { standsFor: IMAGE }) },
    });
  });

  test('is the command that the configuration names, with the arguments of the request', () => {
    const plan = planContainer(
      { image: IMAGE, arguments: ['-v'] },
      sandbox(configuration({ command: ['a', 'b'] })),
    );
    expect(plan).toMatchObject({ kind: 'rule', command: ['a', 'b', '-v'] });
  });

  test('is a toolkit where the configuration says that the image is one of a framework', () => {
    const hyperparameters = { sagemaker_program: 'train.py' };
    const plan = planContainer(
      { image: IMAGE, hyperparameters },
      sandbox(configuration({ framework: 'xgboost' })),
    );
    expect(plan).toMatchObject({ kind: 'toolkit', script: { framework: 'xgboost', program: 'train.py' } });
    expect(planServing(IMAGE, sandbox(configuration({ framework: 'xgboost' })))).toEqual({
      kind: 'python',
      image: { framework: 'xgboost', version: undefined },
    });
  });

  test.each([
    [undefined, /A job without an image cannot be run on this machine.*Give the job a ContainerEntrypoint/],
    [
      IMAGE,
      /my-image:3' cannot be run on this machine: it is no image of a framework.*sluice\.yaml: images:/,
    ],
    ['sluice/node:24', /has no command of its own here/],
  ])('is nothing for %s, and the reason says how to mend it', (image, reason) => {
    expect(() => planContainer({ image }, sandbox(NONE))).toThrow(reason);
  });

  test('models of an unknown image are not served, and the reason says how to mend it', () => {
    expect(() => planServing(IMAGE, sandbox(NONE))).toThrow(
      /cannot be served.*sluice\.yaml: images: .*serve: \[python3/,
    );
    const containers = { ...sandbox(NONE), executor: createContainerExecutor() };
    expect(() => planServing('sluice/python:3', containers)).toThrow(
      /cannot be served in a container: .*--image/,
    );
  });
});

test.each(executors)(
  'a program that the configuration names trains in the %s executor',
  async (_name, executor) => {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-program-'));
    try {
      await writeFile(join(directory, 'package.json'), '{"type":"module"}');
      await writeFile(
        join(directory, 'greet.js'),
        'export const greeting = "hello from " + process.env.WHO;',
      );
      await writeFile(
        join(directory, 'program.js'),
        `import { writeFileSync } from 'node:fs'; import { greeting } from './greet.js'; writeFileSync(process.env.SM_OUTPUT_DATA_DIR + '/said', greeting);`,
      );
      const settings = { command: ['node', './program.js'], environment: { WHO: 'me' } };
      await using fixture = await openJobs({
        executor: executor(),
        configuration: configuration(settings, directory),
      });
      const request = await trainingRequest(fixture, 'mapped', '');
      await fixture.jobs.training.start({
        ...request,
        OutputDataConfig: {
          ...request.OutputDataConfig,
          S3OutputPath: `s3://${fixture.bucket}/out`,
          CompressionType: 'NONE',
        },
        AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File' },
      });
      const job = await fixture.jobs.training.wait('mapped');
      expect(job.FailureReason).toBeUndefined();
      expect(await objectText(fixture, 'out/mapped/output/data/said')).toBe('hello from me');
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);

test('a program that the configuration names serves', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-program-'));
  try {
    const source = `import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200); self.end_headers(); self.wfile.write(b"served")
    do_GET = do_POST = answer
http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
`;
    await writeFile(join(directory, 'server.py'), source);
    const settings = { serve: ['python3', './server.py'] };
    await using fixture = await openJobs({ configuration: configuration(settings, directory) });
    await putCode(fixture, 'in', 'x', 'txt');
    await fixture.jobs.models.put({
      ModelName: 'mapped',
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
      PrimaryContainer: { Image: IMAGE },
    });
    await fixture.jobs.transform.start({
      TransformJobName: 'mapped',
      ModelName: 'mapped',
      TransformInput: {
        DataSource: {
          S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${fixture.bucket}/code/in/main` },
        },
      },
      TransformOutput: { S3OutputPath: `s3://${fixture.bucket}/out` },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    });
    const job = await fixture.jobs.transform.wait('mapped');
    expect(job.FailureReason).toBeUndefined();
    expect(await objectText(fixture, 'out/main.txt.out')).toBe('served');
  } finally {
    await rm(directory, { recursive: true });
  }
});
