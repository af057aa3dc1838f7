import {
  AddTagsCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DeleteTagsCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListEndpointConfigsCommand,
  ListModelsCommand,
  ListTagsCommand,
  paginateListModels,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiFixture, openApi } from '../harness.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const container = {
  Image: 'sluice/node:24',
  ModelDataUrl: 's3://bucket/model.tar.gz',
  Environment: { A: '1' },
};
const role = 'arn:aws:iam::123456789012:role/Test';
const arnOf = (kind: string, name: string) => `arn:aws:sagemaker:us-east-1:123456789012:${kind}/${name}`;

function createModel(name: string, more = {}) {
  const input = { ModelName: name, PrimaryContainer: container, ExecutionRoleArn: role, ...more };
  return api.client.send(new CreateModelCommand(input));
}

describe('models', () => {
  test('a model is described as it was created', async () => {
    const created = await createModel('First-Model');
    expect(created.ModelArn).toBe(arnOf('model', 'first-model'));
    const described = await api.client.send(new DescribeModelCommand({ ModelName: 'First-Model' }));
    expect(described).toMatchObject({
      ModelName: 'First-Model',
      ModelArn: created.ModelArn,
      PrimaryContainer: {
        ...container,
        Mode: 'SingleModel',
        ModelDataSource: {
          S3DataSource: { S3Uri: container.ModelDataUrl, S3DataType: 'S3Object', CompressionType: 'Gzip' },
        },
      },
      ExecutionRoleArn: role,
      EnableNetworkIsolation: false,
    });
    expect(Math.abs(Date.now() - (described.CreationTime as Date).getTime())).toBeLessThan(60_000);
  });

  test('a second model of one name is refused, a deleted one is gone', async () => {
    await createModel('twice');
    await expect(createModel('twice')).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Cannot create already existing model "${arnOf('model', 'twice')}".`,
    });
    // Names that differ in case alone share an ARN, and so tags.
    await expect(createModel('Twice')).rejects.toMatchObject({
      message: `Cannot create already existing model "${arnOf('model', 'twice')}".`,
    });
    await api.client.send(new DeleteModelCommand({ ModelName: 'twice' }));
    const gone = {
      name: 'ValidationException',
      message: `Could not find model "${arnOf('model', 'twice')}".`,
    };
    await expect(api.client.send(new DescribeModelCommand({ ModelName: 'twice' }))).rejects.toMatchObject(
      gone,
    );
    await expect(api.client.send(new DeleteModelCommand({ ModelName: 'twice' }))).rejects.toMatchObject(gone);
  });

  test('lists come page by page, filtered and sorted', async () => {
    for (let index = 0; index < 25; index++) await createModel(`page-${String(index).padStart(2, '0')}`);
    const names: (string | undefined)[] = [];
    let pages = 0;
    const config = { client: api.client, pageSize: 10 };
    for await (const page of paginateListModels(config, {
      NameContains: 'page-',
      SortBy: 'Name',
      SortOrder: 'Ascending',
    })) {
      pages++;
      names.push(...(page.Models ?? []).map((model) => model.ModelName));
    }
    expect(pages).toBe(3);
    expect(names).toEqual(Array.from({ length: 25 }, (_, index) => `page-${String(index).padStart(2, '0')}`));
    const first = await api.client.send(new ListModelsCommand({ NameContains: 'page-' }));
    expect(first.Models).toHaveLength(10);
    const none = await api.client.send(
      new ListModelsCommand({ CreationTimeAfter: new Date(Date.now() + 60_000) }),
    );
    expect(none).toMatchObject({ Models: [] });
    expect(none.NextToken).toBeUndefined();
  });
});

describe('endpoint configurations', () => {
  const variant = {
    VariantName: 'AllTraffic',
    ModelName: 'for-config',
    InstanceType: 'ml.m5.large' as const,
    InitialInstanceCount: 1,
  };

  test('one is created, described, listed and deleted', async () => {
    await createModel('for-config');
    const name = 'Config-1';
    const input = { EndpointConfigName: name, ProductionVariants: [variant] };
    const created = await api.client.send(new CreateEndpointConfigCommand(input));
    expect(created.EndpointConfigArn).toBe(arnOf('endpoint-config', 'config-1'));
    const described = await api.client.send(new DescribeEndpointConfigCommand({ EndpointConfigName: name }));
    expect(described).toMatchObject({
      ...input,
      ProductionVariants: [{ ...variant, InitialVariantWeight: 1 }],
      EndpointConfigArn: created.EndpointConfigArn,
      EnableNetworkIsolation: false,
    });
    const listed = await api.client.send(new ListEndpointConfigsCommand({ NameContains: 'Config' }));
    expect(listed.EndpointConfigs?.map((each) => each.EndpointConfigName)).toEqual([name]);
    await expect(api.client.send(new CreateEndpointConfigCommand(input))).rejects.toMatchObject({
      message: `Cannot create already existing endpoint configuration "${created.EndpointConfigArn}".`,
    });
    await api.client.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
    await expect(
      api.client.send(new DescribeEndpointConfigCommand({ EndpointConfigName: name })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Could not find endpoint configuration "${created.EndpointConfigArn}".`,
    });
  });

  test('its models must exist', async () => {
    const input = { EndpointConfigName: 'c2', ProductionVariants: [{ ...variant, ModelName: 'absent' }] };
    await expect(api.client.send(new CreateEndpointConfigCommand(input))).rejects.toMatchObject({
      message: `Could not find model "${arnOf('model', 'absent')}".`,
    });
  });
});

describe('tags', () => {
  const tagsOf = async (arn: string) =>
    Object.fromEntries(
      ((await api.client.send(new ListTagsCommand({ ResourceArn: arn }))).Tags ?? []).map((tag) => [
        tag.Key,
        tag.Value,
      ]),
    );

  test('those of the creation are listed, more are added, some are deleted', async () => {
    const { ModelArn: arn = '' } = await createModel('Tagged', {
      Tags: [
        { Key: 'team', Value: 'ml' },
        { Key: 'stage', Value: 'dev' },
      ],
    });
    expect(await tagsOf(arn)).toEqual({ team: 'ml', stage: 'dev' });
    const added = await api.client.send(
      new AddTagsCommand({ ResourceArn: arn, Tags: [{ Key: 'stage', Value: 'prod' }] }),
    );
    expect(added.Tags).toHaveLength(2);
    await api.client.send(
      new DeleteTagsCommand({ ResourceArn: arnOf('model', 'Tagged'), TagKeys: ['team', 'never'] }),
    );
    await expect(
      api.client.send(new DeleteModelCommand({ ModelName: 'tagged' })),
      'another name, whose tags these are not',
    ).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await tagsOf(arn)).toEqual({ stage: 'prod' });
    await api.client.send(new DeleteModelCommand({ ModelName: 'Tagged' }));
    await createModel('Tagged');
    expect(await tagsOf(arn)).toEqual({});
  });

  test('an ARN of nothing, and more than 50 tags, are refused', async () => {
    const absent = arnOf('model', 'no-such-model');
    await expect(tagsOf(absent)).rejects.toMatchObject({ name: 'ValidationException' });
    const { ModelArn: arn = '' } = await createModel('many-tags');
    const tags = (from: number) =>
      Array.from({ length: 50 }, (_, index) => ({ Key: `k${from + index}`, Value: '' }));
    await api.client.send(new AddTagsCommand({ ResourceArn: arn, Tags: tags(0) }));
    await expect(
      api.client.send(new AddTagsCommand({ ResourceArn: arn, Tags: tags(1) })),
    ).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });
    expect(Object.keys(await tagsOf(arn))).toHaveLength(50);
  });
});
