import { DescribeEndpointCommand, ListEndpointConfigsCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessExecutor } from '../../../src/executors/index.ts';
import type { EndpointTask } from '../../../src/graph/index.ts';
import { EndpointJobs } from '../../../src/platforms/endpoints/endpoint-jobs.ts';
import { AwsAccess } from '../../../src/platforms/endpoints/index.ts';
import type { JobHandle } from '../../../src/platforms/job-handle.ts';
import type { JobStatus } from '../../../src/platforms/platform.ts';
import { archive, TELLS } from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from '../../server/runtime/harness.ts';

let fixture: RuntimeFixture;
let access: AwsAccess;
let first: EndpointJobs;
/** As another process has it: all that it knows is in the handle. */
let second: EndpointJobs;
beforeAll(async () => {
  fixture = await openRuntime({ executor: createProcessExecutor(), endpointLimits: { stopGraceMs: 2_000 } });
  const files = { 'word.txt': 'a', 'code/inference.ts': TELLS, 'code/package.json': '{"type":"module"}' };
  await fixture.store.put(fixture.bucket, 'model.tar.gz', await archive(files));
  access = new AwsAccess({ endpoint: fixture.api.url, region: 'us-east-1' }, {});
  [first, second] = [make(), make()];
});
afterAll(async () => {
  for (const jobs of [first, second]) jobs.close();
  await access.close();
  await fixture[Symbol.asyncDispose]();
});

function make(): EndpointJobs {
  return new EndpointJobs({
    platform: 'local',
    access: async () => access,
    prepare: async (invocation) => ({ invocation, account: await access.account() }),
    times: { firstMs: 50, longestMs: 100 },
  });
}

function taskOf(name: string, more: Partial<EndpointTask> = {}): EndpointTask {
  return {
    type: 'endpoint',
    name,
    interface: { inputs: { model: { type: 'uri' } }, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 30,
    maxRuntimeInSeconds: 86_400,
    environment: { SAGEMAKER_PROGRAM: 'inference.ts', NAME: name },
    variants: { AllTraffic: { input: 'model' } },
    ...more,
  };
}

function submit(jobs: EndpointJobs, task: EndpointTask, idempotencyKey: string): Promise<JobHandle> {
  const inputs = { model: `s3://${fixture.bucket}/model.tar.gz` };
  return jobs.submit({ task, inputs, jobName: `${task.name}-job` }, { idempotencyKey });
}

async function last(jobs: EndpointJobs, handle: JobHandle): Promise<JobStatus> {
  let status: JobStatus | undefined;
  for await (const each of jobs.watch(handle)) status = each;
  return status as JobStatus;
}

describe('a change of an endpoint', () => {
  test('is one for one key, whoever asks, and is watched from another process', async () => {
    const handles = await Promise.all([
      submit(first, taskOf('once'), 'run/once/1'),
      submit(second, taskOf('once'), 'run/once/1'),
    ]);
    expect(handles[0]).toEqual(handles[1]);
    expect(handles[0]).toMatchObject({ platform: 'local', jobType: 'endpoint', ref: 'once' });
    const url = `${fixture.api.url}/endpoints/once/invocations`;
    expect(await last(second, handles[0])).toMatchObject({
      phase: 'succeeded',
      status: 'InService',
      outputs: { endpointName: 'once', url },
    });
    expect(await submit(first, taskOf('once'), 'run/once/1')).toEqual(handles[0]);
    const made = await fixture.client.send(new ListEndpointConfigsCommand({ NameContains: 'once' }));
    expect(made.EndpointConfigs).toHaveLength(1);
    const lines: string[] = [];
    let cursor = '';
    for await (const line of second.logs(handles[0])) {
      lines.push(line.message);
      cursor = line.cursor;
    }
    expect(lines).toContain('loading once');
    for await (const line of first.logs(handles[0], { cursor })) expect(line.cursor).not.toBe(cursor);
  });

  test('that fails says why, with the last lines of the log; what served goes on, and the next change is made', async () => {
    const good = await submit(first, taskOf('mended'), 'a');
    expect((await last(first, good)).phase).toBe('succeeded');
    const broken = taskOf('mended', { environment: { SAGEMAKER_PROGRAM: 'inference.ts', BROKEN: 'yes' } });
    const failed = await last(first, await submit(first, broken, 'b'));
    expect(failed).toMatchObject({ phase: 'failed', fault: 'user', status: 'Failed' });
    expect(failed.message).toContain('did not pass the ping health check');
    expect(failed.logTail?.join('\n')).toContain('this model does not load');
    const more = await submit(second, taskOf('mended', { instanceCount: 2 }), 'c');
    expect((await last(first, more)).phase).toBe('succeeded');
    const endpoint = await fixture.client.send(new DescribeEndpointCommand({ EndpointName: 'mended' }));
    expect(endpoint.ProductionVariants).toMatchObject([{ CurrentInstanceCount: 2 }]);
  });

  test('that failed when the endpoint was new is made anew by the next', async () => {
    const broken = taskOf('anew', { environment: { SAGEMAKER_PROGRAM: 'inference.ts', BROKEN: 'yes' } });
    const failed = await submit(first, broken, 'a');
    expect((await last(first, failed)).phase).toBe('failed');
    expect((await last(first, await submit(first, broken, 'a'))).phase).toBe('failed');
    expect((await last(second, await submit(second, taskOf('anew'), 'b'))).phase).toBe('succeeded');
  });

  test('that is cancelled has the endpoint deleted that it has made', async () => {
    const handle = await submit(first, taskOf('gone'), 'run/gone/1');
    await second.cancel(handle);
    expect(await last(first, handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
    await expect(
      fixture.client.send(new DescribeEndpointCommand({ EndpointName: 'gone' })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await second.cancel(handle);
  });

  test('that nobody knows is not found, and stopping it does nothing', async () => {
    const handle = { platform: 'local', jobType: 'endpoint', jobName: 'no-0123456789', ref: 'no' } as const;
    await expect(first.status(handle)).rejects.toMatchObject({ code: 'JobNotFound' });
    await first.cancel(handle);
  });
});
