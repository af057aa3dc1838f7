import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateProcessingJobRequest, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessExecutor } from '../../src/executors/index.ts';
import {
  channel,
  keysBelow,
  objectBytes,
  processingRequest,
  trainingRequest,
} from '../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../harness/jobs.ts';

const outside = mkdtempSync(join(tmpdir(), 'outside-'));
const SECRET = 'the key of the host';

beforeAll(() => {
  mkdirSync(join(outside, 'data'));
  for (const name of ['id_rsa', 'data/id_rsa', 'd_1', 'd_2']) writeFileSync(join(outside, name), SECRET);
});

afterAll(() => rmSync(outside, { recursive: true, force: true }));

const PRELUDE = `
  import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
  import { execFileSync } from 'node:child_process';
  const ml = process.argv[1].replace(/\\/opt\\/ml\\/.*/, '/opt/ml');
  const outside = ${JSON.stringify(outside)};
  const replace = (path, target) => { rmSync(ml + path, { recursive: true, force: true }); symlinkSync(target, ml + path); };
`;

interface Hostile {
  readonly what: string;
  readonly program: string;
  readonly more?: (fixture: JobsFixture) => Partial<CreateTrainingJobRequest>;
  readonly status: string;
  readonly says?: RegExp;
}

const CHECKPOINTS = (fixture: JobsFixture): Partial<CreateTrainingJobRequest> => ({
  CheckpointConfig: { S3Uri: `s3://${fixture.bucket}/checkpoints/` },
});
const UNCOMPRESSED = (fixture: JobsFixture): Partial<CreateTrainingJobRequest> => ({
  OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out`, CompressionType: 'NONE' },
});
const PIPE = (fixture: JobsFixture): Partial<CreateTrainingJobRequest> => ({
  InputDataConfig: [channel(fixture, 'd', 'data/', { InputMode: 'Pipe' })],
});
const FIFO = `const read = (epoch) => readFileSync(ml + '/input/data/d_' + epoch, 'utf8'); read(0);`;

const training: readonly Hostile[] = [
  {
    what: 'the model is a link',
    program: `replace('/model', outside);`,
    status: 'Failed',
    says: /model.*symbolic link/,
  },
  {
    what: 'the model is a link, uncompressed',
    program: `replace('/model', outside);`,
    more: UNCOMPRESSED,
    status: 'Failed',
    says: /model.*symbolic link/,
  },
  {
    what: 'the model is a file',
    program: `rmSync(ml + '/model', { recursive: true }); writeFileSync(ml + '/model', 'x');`,
    status: 'Failed',
    says: /model.*no directory/,
  },
  {
    what: 'the output is a link',
    program: `replace('/output/data', outside);`,
    status: 'Failed',
    says: /output\/data.*symbolic link/,
  },
  {
    what: 'what the output is in is a link',
    program: `replace('/output', outside);`,
    status: 'Failed',
    says: /output.*symbolic link/,
  },
  {
    what: 'files of the model are links',
    program: `symlinkSync(outside + '/id_rsa', ml + '/model/a'); symlinkSync(outside, ml + '/model/b'); writeFileSync(ml + '/model/w', 'W');`,
    status: 'Completed',
  },
  {
    what: 'files of the model are links, uncompressed',
    program: `symlinkSync(outside + '/id_rsa', ml + '/model/a'); symlinkSync(outside, ml + '/model/b'); writeFileSync(ml + '/model/w', 'W');`,
    more: UNCOMPRESSED,
    status: 'Completed',
  },
  {
    what: 'the failure is a link',
    program: `symlinkSync(outside + '/id_rsa', ml + '/output/failure'); process.exitCode = 1;`,
    status: 'Failed',
  },
  {
    what: 'the failure is a FIFO',
    program: `execFileSync('mkfifo', [ml + '/output/failure']); process.exitCode = 1;`,
    status: 'Failed',
  },
  {
    what: 'the checkpoints are a link',
    program: `replace('/checkpoints', outside);`,
    more: CHECKPOINTS,
    status: 'Completed',
  },
  {
    what: 'checkpoints are links',
    program: `symlinkSync(outside + '/id_rsa', ml + '/checkpoints/a'); symlinkSync(outside, ml + '/checkpoints/b');`,
    more: CHECKPOINTS,
    status: 'Completed',
  },
  {
    what: 'the model is a FIFO and sockets',
    program: `execFileSync('mkfifo', [ml + '/model/fifo']); writeFileSync(ml + '/model/w', 'W');`,
    status: 'Completed',
  },
  {
    what: 'a FIFO is a link',
    program: `${FIFO} unlinkSync(ml + '/input/data/d_1'); symlinkSync(outside + '/d_1', ml + '/input/data/d_1'); setInterval(() => {}, 1000);`,
    more: PIPE,
    status: 'Failed',
    says: /FIFO .*d_1/,
  },
  {
    what: 'a FIFO is a file',
    program: `${FIFO} unlinkSync(ml + '/input/data/d_1'); writeFileSync(ml + '/input/data/d_1', 'x'); setInterval(() => {}, 1000);`,
    more: PIPE,
    status: 'Failed',
    says: /FIFO .*d_1/,
  },
  {
    what: 'the next FIFO is a link',
    program: `symlinkSync(outside + '/d_2', ml + '/input/data/d_2'); ${FIFO} read(1); setInterval(() => {}, 1000);`,
    more: PIPE,
    status: 'Failed',
    says: /d_2/,
  },
  {
    what: 'the directory of FIFOs is a link',
    program: `${FIFO} renameSync(ml + '/input/data', ml + '/input/old'); symlinkSync(outside, ml + '/input/data'); setInterval(() => {}, 1000);`,
    more: PIPE,
    status: 'Failed',
    says: /input\/data.*symbolic link/,
  },
  {
    what: 'what is removed holds links and closed directories',
    program: `symlinkSync(outside, ml + '/l'); mkdirSync(ml + '/closed/in', { recursive: true }); execFileSync('chmod', ['-R', '0', ml + '/closed']); symlinkSync('/', ml + '/input/root');`,
    status: 'Completed',
  },
];

/** Nothing was written, removed or uploaded. */
async function expectUntouched(fixture: JobsFixture): Promise<void> {
  expect(readdirSync(outside).sort()).toEqual(['d_1', 'd_2', 'data', 'id_rsa']);
  for (const name of ['id_rsa', 'data/id_rsa', 'd_1', 'd_2'])
    expect(readFileSync(join(outside, name), 'utf8')).toBe(SECRET);
  const keys = [...(await keysBelow(fixture, 'out/')), ...(await keysBelow(fixture, 'checkpoints/'))];
  for (const key of keys) {
    expect(key).not.toContain('id_rsa');
    expect((await objectBytes(fixture, key)).includes(SECRET)).toBe(false);
  }
}

describe('what a job that is hostile leaves', () => {
  test.each(training)('leads nowhere: $what', async ({ program, more, status, says }) => {
    await using fixture = await openJobs({ executor: createProcessExecutor(), stopGraceMs: 500 });
    await fixture.store.put(fixture.bucket, 'data/a', 'data');
    const request = await trainingRequest(fixture, 'hostile', PRELUDE + program, more?.(fixture));
    await fixture.jobs.training.start(request);
    const job = await fixture.jobs.training.wait('hostile');
    expect(job.FailureReason ?? '').not.toContain(SECRET);
    expect(job.FailureReason ?? '').toMatch(says ?? /^(AlgorithmError|$)/);
    expect(job.TrainingJobStatus).toBe(status);
    await expectUntouched(fixture);
  });

  test.each(executors)(
    'leads nowhere from the %s executor, when a FIFO and the model are links',
    async (_, executor) => {
      await using fixture = await openJobs({ executor: executor(), stopGraceMs: 500 });
      await fixture.store.put(fixture.bucket, 'data/a', 'data');
      const program = `${FIFO} unlinkSync(ml + '/input/data/d_1'); symlinkSync(outside + '/d_1', ml + '/input/data/d_1'); replace('/model', outside); setInterval(() => {}, 1000);`;
      await fixture.jobs.training.start(
        await trainingRequest(fixture, 'hostile', PRELUDE + program, PIPE(fixture)),
      );
      const job = await fixture.jobs.training.wait('hostile');
      expect(job.FailureReason).toMatch(/^ClientError: .*FIFO .*d_1/);
      await expectUntouched(fixture);
    },
  );

  test.each([
    ['an output is a link', `replace('/processing/output/a', outside);`, 'EndOfJob', /symbolic link/],
    ['what outputs are in is a link', `replace('/processing/output', outside);`, 'EndOfJob', /symbolic link/],
    [
      'an output is a link, while it is uploaded',
      `replace('/processing/output/a', outside);`,
      'Continuous',
      /symbolic link/,
    ],
    [
      'files of an output are links',
      `symlinkSync(outside + '/id_rsa', ml + '/processing/output/a/x');`,
      'Continuous',
      /^Completed$/,
    ],
    [
      'the message is a link',
      `symlinkSync(outside + '/id_rsa', ml + '/output/message');`,
      'EndOfJob',
      /^Completed$/,
    ],
  ] as const)('leads nowhere from a processing job: %s', async (_, program, mode, says) => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    const more: Partial<CreateProcessingJobRequest> = {
      ProcessingOutputConfig: {
        Outputs: [
          {
            OutputName: 'a',
            S3Output: {
              S3Uri: `s3://${fixture.bucket}/out/a`,
              LocalPath: '/opt/ml/processing/output/a',
              S3UploadMode: mode,
            },
          },
        ],
      },
    };
    await fixture.jobs.processing.start(await processingRequest(fixture, 'hostile', PRELUDE + program, more));
    const job = await fixture.jobs.processing.wait('hostile');
    expect(job.FailureReason ?? job.ProcessingJobStatus).toMatch(says);
    expect(job.ExitMessage ?? '').not.toContain(SECRET);
    await expectUntouched(fixture);
  });

  test('is removed with the job, and with nothing else', async () => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    const program = `symlinkSync(outside, ml + '/l'); mkdirSync(ml + '/closed/in', { recursive: true }); execFileSync('chmod', ['-R', '0', ml + '/closed']);`;
    await fixture.jobs.training.start(await trainingRequest(fixture, 'gone', PRELUDE + program));
    await fixture.jobs.training.wait('gone');
    await fixture.jobs.close();
    expect(existsSync(join(fixture.home, 'jobs/training/gone/algo-1'))).toBe(false);
    await expectUntouched(fixture);
  });
});
