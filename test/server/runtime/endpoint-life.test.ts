import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AddTagsCommand,
  CreateEndpointCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  ListEndpointsCommand,
  ListTagsCommand,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
  waitUntilEndpointDeleted,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessExecutor } from '../../../src/executors/index.ts';
import {
  createConfig,
  createModel,
  deploy,
  eventually,
  invoke,
  untilStatus,
} from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntime({ endpointLimits: { stopGraceMs: 2_000 } });
  await createModel(fixture, 'old');
  await createModel(fixture, 'new');
  await createModel(fixture, 'broken', { environment: { BROKEN: 'yes' } });
});
afterAll(() => fixture[Symbol.asyncDispose]());

const arn = (name: string) => `arn:aws:sagemaker:us-east-1:123456789012:endpoint/${name}`;
const pingFailure = (variant: string) =>
  `The primary container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`;

async function untilFailed(name: string): Promise<string | undefined> {
  return eventually(async () => {
    const endpoint = await fixture.client.send(new DescribeEndpointCommand({ EndpointName: name }));
    expect(endpoint.EndpointStatus).toBe('Failed');
    return endpoint.FailureReason;
  });
}

async function create(name: string, config = name): Promise<void> {
  await fixture.client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: config }));
}

async function remove(name: string): Promise<void> {
  const command = { EndpointName: name };
  await fixture.client.send(new DeleteEndpointCommand(command));
  const wait = { client: fixture.client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await waitUntilEndpointDeleted(wait, command);
}

function logOf(endpoint: string, variant: string): Promise<string> {
  const logs = join(fixture.api.jobs.home, 'jobs', 'endpoint', endpoint, variant, 'logs');
  const [file = ''] = readdirSync(logs);
  expect(file).toMatch(/^i-0[0-9a-f]{16}\.log$/);
  return readFile(join(logs, file), 'utf8');
}

describe('an endpoint', () => {
  test('is described, listed and tagged, and its servers write a log', async () => {
    const created = await deploy(fixture, 'Described', [{ VariantName: 'old', InitialInstanceCount: 2 }]);
    expect(created).toMatchObject({
      EndpointName: 'Described',
      EndpointArn: arn('described'),
      EndpointConfigName: 'Described',
      EndpointStatus: 'InService',
      ProductionVariants: [
        {
          VariantName: 'old',
          CurrentWeight: 1,
          DesiredWeight: 1,
          CurrentInstanceCount: 2,
          DesiredInstanceCount: 2,
          DeployedImages: [{ SpecifiedImage: 'sluice/node:24' }],
        },
      ],
    });
    expect(created.FailureReason).toBeUndefined();
    const { Endpoints: listed } = await fixture.client.send(
      new ListEndpointsCommand({ NameContains: 'scri', StatusEquals: 'InService', SortBy: 'Name' }),
    );
    expect(listed).toMatchObject([{ EndpointArn: arn('described'), EndpointStatus: 'InService' }]);
    const Tags = [{ Key: 'team', Value: 'ml' }];
    await fixture.client.send(new AddTagsCommand({ ResourceArn: arn('described'), Tags }));
    const tags = await fixture.client.send(new ListTagsCommand({ ResourceArn: arn('described') }));
    expect(tags.Tags).toEqual(Tags);
    expect(await logOf('Described', 'old')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z loading old\n/);
  });

  test('is deleted with its servers; its log stays', async () => {
    await deploy(fixture, 'deleted', [{ VariantName: 'old' }]);
    const [instance] = fixture.api.jobs.jobs.endpoints.route('deleted')?.variant('old')?.instances ?? [];
    const pid = instance?.processes[0]?.pid as number;
    expect(() => process.kill(pid, 0)).not.toThrow();
    await remove('deleted');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(invoke(fixture, 'deleted', {})).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(remove('deleted')).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Could not find endpoint "${arn('deleted')}".`,
    });
    const endpoint = join(fixture.api.jobs.home, 'jobs', 'endpoint', 'deleted', 'old');
    expect(readdirSync(endpoint)).toEqual(['logs']);
    expect(await fixture.api.jobs.jobs.endpoints.logs.streams('deleted')).toMatchObject([{ variant: 'old' }]);
    await create('deleted');
    await untilStatus(fixture, 'deleted', 'InService');
  });

  test('whose name is taken is refused, and so is a change of one that is being changed', async () => {
    await createConfig(fixture, 'taken', [{ VariantName: 'old' }]);
    await create('taken');
    const update = new UpdateEndpointCommand({ EndpointName: 'taken', EndpointConfigName: 'taken' });
    const busy = {
      name: 'ValidationException',
      message: `Cannot update in-progress endpoint "${arn('taken')}".`,
    };
    await expect(fixture.client.send(update)).rejects.toMatchObject(busy);
    await expect(remove('taken')).rejects.toMatchObject(busy);
    await expect(create('taken')).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Cannot create already existing endpoint "${arn('taken')}".`,
    });
    await untilStatus(fixture, 'taken', 'InService');
  });

  test('whose server ends by itself has it started again', async () => {
    await deploy(fixture, 'mortal', [{ VariantName: 'old' }]);
    const { port } = await invoke(fixture, 'mortal', {});
    await expect(invoke(fixture, 'mortal', { exit: 3 })).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 0,
    });
    const answers: string[] = [];
    const again = await eventually(() =>
      invoke(fixture, 'mortal', {}).catch((error: Error) => {
        answers.push(error.name);
        throw error;
      }),
    );
    expect(again.port).not.toBe(port);
    expect(['ModelNotReadyException', 'ServiceUnavailable', 'ModelError']).toEqual(
      expect.arrayContaining([...new Set(answers)]),
    );
    expect((await untilStatus(fixture, 'mortal', 'InService')).FailureReason).toBeUndefined();
    expect(await logOf('mortal', 'old')).toContain(
      'The model server is started again: it ended with exit code 3.',
    );
  });
});

describe('an update', () => {
  test('serves the old variant until the new one is healthy, and loses no invocation', async () => {
    await deploy(fixture, 'updated', [{ VariantName: 'old', InitialVariantWeight: 5 }]);
    await createConfig(fixture, 'updated-2', [{ VariantName: 'new' }, { VariantName: 'old' }]);
    const updating = new AbortController();
    const names: string[] = [];
    const client = (async () => {
      while (!updating.signal.aborted) names.push((await invoke(fixture, 'updated', { sleep: 5 })).name);
    })();
    await fixture.client.send(
      new UpdateEndpointCommand({
        EndpointName: 'updated',
        EndpointConfigName: 'updated-2',
        RetainAllVariantProperties: true,
      }),
    );
    const during = await fixture.client.send(new DescribeEndpointCommand({ EndpointName: 'updated' }));
    expect(during).toMatchObject({
      EndpointStatus: 'Updating',
      EndpointConfigName: 'updated',
      PendingDeploymentSummary: { EndpointConfigName: 'updated-2' },
    });
    const after = await untilStatus(fixture, 'updated', 'InService');
    expect(after).toMatchObject({
      EndpointConfigName: 'updated-2',
      ProductionVariants: [
        { VariantName: 'new', CurrentWeight: 1 },
        { VariantName: 'old', CurrentWeight: 5 },
      ],
    });
    expect(after.PendingDeploymentSummary).toBeUndefined();
    await eventually(async () => expect(names).toContain('new'));
    updating.abort();
    await client;
    expect(names[0]).toBe('old');
  });

  test('that fails rolls back, and says why', async () => {
    await deploy(fixture, 'rolled-back', [{ VariantName: 'old' }]);
    const { port } = await invoke(fixture, 'rolled-back', {});
    await createConfig(fixture, 'broken-2', [{ VariantName: 'new' }, { VariantName: 'broken' }]);
    await fixture.client.send(
      new UpdateEndpointCommand({ EndpointName: 'rolled-back', EndpointConfigName: 'broken-2' }),
    );
    const after = await untilStatus(fixture, 'rolled-back', 'InService');
    expect(after).toMatchObject({
      EndpointConfigName: 'rolled-back',
      FailureReason: pingFailure('broken'),
      ProductionVariants: [{ VariantName: 'old', CurrentInstanceCount: 1, DesiredInstanceCount: 1 }],
    });
    expect(await invoke(fixture, 'rolled-back', {})).toMatchObject({ name: 'old', port });
    const variants = join(fixture.api.jobs.home, 'jobs', 'endpoint', 'rolled-back');
    expect(readdirSync(join(variants, 'broken'))).toEqual(['logs']);
    expect(await logOf('rolled-back', 'broken')).toContain('this model does not load');
  });

  test.each([
    [{ VariantName: 'none', DesiredWeight: 1 }, /variant name\(s\) "none"/],
    [{ VariantName: 'old', DesiredInstanceCount: 0 }, /expected at least 1, got 0/],
  ])('of weights and capacities with %j is refused', async (desired, message) => {
    const EndpointName = 'refusing';
    const exists = fixture.api.jobs.jobs.endpoints.route(EndpointName);
    if (!exists) await deploy(fixture, EndpointName, [{ VariantName: 'old' }]);
    const command = new UpdateEndpointWeightsAndCapacitiesCommand({
      EndpointName,
      DesiredWeightsAndCapacities: [desired],
    });
    await expect(fixture.client.send(command)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });
});

describe('an endpoint fails', () => {
  test('when its model does not load; then it can only be deleted', async () => {
    await createConfig(fixture, 'unloadable', [{ VariantName: 'broken' }]);
    await create('unloadable');
    expect(await untilFailed('unloadable')).toBe(pingFailure('broken'));
    expect(await logOf('unloadable', 'broken')).toContain('this model does not load');
    await expect(invoke(fixture, 'unloadable', {})).rejects.toMatchObject({ name: 'ValidationError' });
    const update = { EndpointName: 'unloadable', EndpointConfigName: 'unloadable' };
    await expect(fixture.client.send(new UpdateEndpointCommand(update))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await remove('unloadable');
  });

  test('when its server never answers /ping with 200', async () => {
    await using other = await openRuntime({
      endpointLimits: { healthyWithinMs: 300, stopGraceMs: 100 },
      executor: createProcessExecutor(),
    });
    const code = 'process.on("SIGTERM", () => {}); await new Promise((done) => setTimeout(done, 1e6));';
    await createModel(other, 'hanging', { code });
    await createConfig(other, 'hanging', [{ VariantName: 'hanging' }]);
    const names = { EndpointName: 'hanging', EndpointConfigName: 'hanging' };
    await other.client.send(new CreateEndpointCommand(names));
    await expect(untilStatus(other, 'hanging', 'InService')).rejects.toThrow(pingFailure('hanging'));
  });

  test.each([
    [
      'model data that is not there',
      undefined,
      /^Failed to download model data for container "primary" from URL: "s3:\/\/.*\/models\/lost\.tar\.gz"\. Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object\./,
    ],
    [
      'model data that is no archive',
      'no archive',
      /^Failed to extract model data archive from URL "s3:\/\/.*\/models\/lost\.tar\.gz"\. Please ensure that the object located at the URL is a valid tar\.gz archive\./,
    ],
  ])('with %s', async (_what, content, reason) => {
    const name = content ? 'no-archive' : 'no-data';
    if (!content) await createModel(fixture, 'lost');
    const key = 'models/lost.tar.gz';
    if (content) await fixture.store.put(fixture.bucket, key, content);
    else await fixture.store.delete(fixture.bucket, key);
    await createConfig(fixture, name, [{ VariantName: 'lost' }]);
    await create(name);
    expect(await untilFailed(name)).toMatch(reason);
  });

  test('for an image that nothing here can serve', async () => {
    await createModel(fixture, 'foreign', { image: 'example.com/mine:1' });
    await createConfig(fixture, 'foreign', [{ VariantName: 'foreign' }]);
    await create('foreign');
    expect(await untilFailed('foreign')).toMatch(
      /^ClientError: Models of image 'example.com\/mine:1' cannot be served/,
    );
  });
});

test('a simulated endpoint comes to serve without a server', async () => {
  await using other = await openRuntime({ simulation: { delayMs: () => 10 } });
  await createModel(other, 'old');
  const endpoint = await deploy(other, 'simulated', [{ VariantName: 'old' }]);
  expect(endpoint.ProductionVariants).toMatchObject([{ CurrentInstanceCount: 1 }]);
  await expect(invoke(other, 'simulated', {})).rejects.toMatchObject({ name: 'ServiceUnavailable' });
});
