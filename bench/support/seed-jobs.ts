import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { resourceArn } from '../../src/contract/arns.ts';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { homePaths } from '../../src/core/home.ts';
import { openDatabase } from '../../src/state/index.ts';
import type { JobRecord } from '../../src/state/jobs.ts';
import { jobEvent, jobValues } from '../../src/state/jobs-rows.ts';
import { recordEvents } from '../../src/state/record-events.ts';

const INSERT = `INSERT INTO jobs (type, name, arn, status, secondary_status, created_at, modified_at, started_at,
    ended_at, request, progress, details, owner, fence, owner_pid, owner_start, directory)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', '')`;
const AT_ONCE = 10_000;

/** The name of the n-th job that was seeded. */
export function seededName(index: number): string {
  return `seeded-${String(index).padStart(7, '0')}`;
}

/** A request of ordinary length. */
export function benchRequest(name: string): CreateTrainingJobRequest {
  return {
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Bench',
    HyperParameters: { epochs: '10', 'learning-rate': '0.1', 'batch-size': '64', optimizer: 'adam' },
    AlgorithmSpecification: {
      TrainingImage: '123456789012.dkr.ecr.us-east-1.amazonaws.com/bench:1',
      TrainingInputMode: 'File',
    },
    InputDataConfig: [
      {
        ChannelName: 'train',
        DataSource: {
          S3DataSource: {
            S3DataType: 'S3Prefix',
            S3Uri: 's3://bucket/train/',
            S3DataDistributionType: 'FullyReplicated',
          },
        },
        ContentType: 'text/csv',
      },
    ],
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  };
}

/** Fills a home with training jobs that have completed, each with an event. */
export async function seedJobs(home: string, from: number, to: number): Promise<void> {
  const paths = homePaths(home);
  const state = await openDatabase(paths);
  for (let first = from; first < to; first += AT_ONCE) {
    const records = Array.from({ length: Math.min(AT_ONCE, to - first) }, (_, index) =>
      record(first + index),
    );
    await state.transaction(async (transaction) => {
      await transaction.runMany(
        INSERT,
        records.map((each) => jobValues(each)),
      );
      await recordEvents(
        transaction,
        records.map((each) => jobEvent(each, 'Training job completed')),
      );
    });
  }
  await state.close();
}

function record(index: number): JobRecord {
  const name = seededName(index);
  const at = Date.UTC(2026, 0, 1) + index * 1000;
  const statuses = ['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'];
  return {
    type: 'training',
    name,
    arn: resourceArn(DEFAULT_ACCOUNT, 'training-job', name),
    status: 'Completed',
    secondaryStatus: 'Completed',
    createdAt: at,
    modifiedAt: at + 5,
    startedAt: at + 1,
    endedAt: at + 5,
    request: benchRequest(name),
    progress: {
      transitions: statuses.map((status, step) => ({
        status,
        startedAt: at + step,
        endedAt: at + step + 1,
        message: `${status} of a training job`,
      })),
      modelArtifacts: `s3://bucket/out/${name}/output/model.tar.gz`,
      processes: [],
    },
    lease: { worker: 'bench', fence: 1 },
  };
}
