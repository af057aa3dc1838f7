import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { archive } from '../harness/endpoints.ts';
import { objectText, trainingRequest } from '../harness/job-requests.ts';
import { openJobs } from '../harness/jobs.ts';

/** Says what it reaches of this machine, and which service it is told of. */
const LOOKS = (port: number) => `
  const reached = await fetch('http://127.0.0.1:${port}').then(() => 'reaches', () => 'does not reach');
  console.log(reached, 'the machine', process.env.AWS_ENDPOINT_URL);`;

async function openMachine() {
  const server = createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { port, [Symbol.dispose]: () => server.close() };
}

const services = () => ({
  url: 'http://127.0.0.1:1',
  accessKeyId: 'a',
  secretAccessKey: 'b',
  sessionToken: 'token',
});

describe('EnableNetworkIsolation', () => {
  test('keeps a training job from the network, and the services of the home', async () => {
    using machine = await openMachine();
    await using fixture = await openJobs({ services });
    const start = async (name: string, isolated: boolean) => {
      const request = await trainingRequest(fixture, name, LOOKS(machine.port), {
        EnableNetworkIsolation: isolated,
      });
      await fixture.jobs.training.start(request);
      expect(await fixture.jobs.training.wait(name)).toMatchObject({ TrainingJobStatus: 'Completed' });
      return fixture.jobs.training.logTail(name, 1);
    };
    expect(await start('open', false)).toEqual(['reaches the machine http://127.0.0.1:1']);
    expect(await start('isolated', true)).toEqual(['does not reach the machine undefined']);
  });

  test('fails a job that plain processes would run, and says why', async () => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    await fixture.jobs.training.start(
      await trainingRequest(fixture, 'plain', 'console.log("ran")', { EnableNetworkIsolation: true }),
    );
    const job = await fixture.jobs.training.wait('plain');
    expect(job).toMatchObject({ TrainingJobStatus: 'Failed' });
    expect(job.FailureReason).toMatch(
      /^ClientError: EnableNetworkIsolation: .*cannot be kept from it.*bubblewrap/,
    );
    expect(await fixture.jobs.training.logTail('plain', 5)).toEqual([]);
  });

  test('keeps the model server of a transform job from the network, which gets its requests all the same', async () => {
    using machine = await openMachine();
    await using fixture = await openJobs();
    const { store, bucket } = fixture;
    const code = `
      export const modelFn = () => 0;
      export const predictFn = async (input) => [
        await fetch('http://127.0.0.1:${machine.port}').then(() => 'reaches', () => 'does not reach'), input];`;
    const files = { 'code/inference.ts': code, 'code/package.json': '{"type":"module"}' };
    await store.put(bucket, 'model.tar.gz', await archive(files));
    await store.put(bucket, 'in/a.json', '{"x":1}');
    await fixture.jobs.models.put({
      ModelName: 'isolated',
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
      EnableNetworkIsolation: true,
      PrimaryContainer: {
        Image: NODE_IMAGE,
        ModelDataUrl: `s3://${bucket}/model.tar.gz`,
        Environment: { SAGEMAKER_PROGRAM: 'inference.ts' },
      },
    });
    await fixture.jobs.transform.start({
      TransformJobName: 'transform',
      ModelName: 'isolated',
      TransformInput: {
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/in/` } },
        ContentType: 'application/json',
      },
      TransformOutput: { S3OutputPath: `s3://${bucket}/out` },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    });
    const job = await fixture.jobs.transform.wait('transform');
    expect(job.FailureReason).toBeUndefined();
    expect(JSON.parse(await objectText(fixture, 'out/a.json.out'))).toEqual(['does not reach', { x: 1 }]);
  });
});
