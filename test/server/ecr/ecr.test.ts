import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiFixture, openApi } from '../harness.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const TARGET = 'AmazonEC2ContainerRegistry_V20150921';
const OWN = '123456789012';
const BUILT_IN = 'aws-sagemaker-remote-processing';

/** What a client reads of an answer. */
interface Answer {
  readonly __type?: string;
  readonly message?: string;
  readonly images: readonly { readonly imageId: { readonly imageDigest: string } }[];
  readonly repository: object;
  readonly repositories: readonly { readonly repositoryName: string }[];
  readonly nextToken?: string;
  readonly authorizationData: readonly {
    readonly authorizationToken: string;
    readonly proxyEndpoint: string;
  }[];
}

async function ask(operation: string, input: object) {
  const answer = await fetch(api.url, {
    method: 'POST',
    headers: { 'x-amz-target': `${TARGET}.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(input),
  });
  return { status: answer.status, body: (await answer.json()) as Answer };
}

test('the images of aws-sagemaker-remote are there by any tag, and their repositories have a URI', async () => {
  const { body } = await ask('BatchGetImage', {
    registryId: OWN,
    repositoryName: BUILT_IN,
    imageIds: [{ imageTag: 'latest' }, { imageTag: 'gpu' }],
  });
  expect(body).toMatchObject({
    images: [
      { registryId: OWN, repositoryName: BUILT_IN, imageId: { imageTag: 'latest' } },
      { imageId: { imageTag: 'gpu' } },
    ],
    failures: [],
  });
  expect(body.images[0]?.imageId.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  const described = await ask('DescribeRepositories', { repositoryNames: [BUILT_IN] });
  expect(described.body.repositories).toMatchObject([
    {
      repositoryName: BUILT_IN,
      repositoryUri: `${OWN}.dkr.ecr.us-east-1.amazonaws.com/${BUILT_IN}`,
      repositoryArn: `arn:aws:ecr:us-east-1:${OWN}:repository/${BUILT_IN}`,
    },
  ]);
});

test('a repository is created once, holds no image, is listed page by page, and is deleted', async () => {
  const created = await ask('CreateRepository', { repositoryName: 'team/own' });
  expect(created.body.repository).toMatchObject({
    repositoryName: 'team/own',
    imageTagMutability: 'MUTABLE',
  });
  expect(await ask('CreateRepository', { repositoryName: 'team/own' })).toEqual({
    status: 400,
    body: {
      __type: 'RepositoryAlreadyExistsException',
      message: `The repository with name 'team/own' already exists in the registry with id '${OWN}'`,
    },
  });
  const images = await ask('BatchGetImage', { repositoryName: 'team/own', imageIds: [{ imageTag: 'v1' }] });
  expect(images.body).toEqual({
    images: [],
    failures: [
      {
        imageId: { imageTag: 'v1' },
        failureCode: 'ImageNotFound',
        failureReason: 'Requested image not found',
      },
    ],
  });
  const names: string[] = [];
  for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
    const page = await ask('DescribeRepositories', { maxResults: 3, ...(nextToken && { nextToken }) });
    names.push(...page.body.repositories.map((each) => each.repositoryName));
    nextToken = page.body.nextToken;
  }
  expect(names).toEqual([
    ...['inference', 'processing', 'training'].map((name) => `aws-sagemaker-remote-${name}`),
    'team/own',
  ]);
  await ask('DeleteRepository', { repositoryName: 'team/own' });
  expect((await ask('DescribeRepositories', { repositoryNames: ['team/own'] })).body.__type).toBe(
    'RepositoryNotFoundException',
  );
});

test('a token names the registries that were asked for', async () => {
  const { body } = await ask('GetAuthorizationToken', { registryIds: ['763104351884'] });
  expect(body.authorizationData[0]?.proxyEndpoint).toBe(
    'https://763104351884.dkr.ecr.us-east-1.amazonaws.com',
  );
  expect(Buffer.from(body.authorizationData[0]?.authorizationToken ?? '', 'base64').toString()).toMatch(
    /^AWS:/,
  );
});

test.each([
  [
    'BatchGetImage',
    { repositoryName: 'absent', imageIds: [{ imageTag: 'a' }] },
    'RepositoryNotFoundException',
    `The repository with name 'absent' does not exist in the registry with id '${OWN}'`,
  ],
  [
    'BatchGetImage',
    { registryId: '763104351884', repositoryName: BUILT_IN, imageIds: [{ imageTag: 'a' }] },
    'RepositoryNotFoundException',
    `The repository with name '${BUILT_IN}' does not exist in the registry with id '763104351884'`,
  ],
  [
    'BatchGetImage',
    { repositoryName: BUILT_IN, imageIds: [{}] },
    'InvalidParameterException',
    "Invalid parameter at 'imageIds' failed to satisfy constraint: 'imageTag or imageDigest must be given'",
  ],
  ['CreateRepository', { repositoryName: 'Bad Name' }, 'InvalidParameterException', /repositoryName/],
  ['PutImage', {}, 'UnknownOperationException', 'Sluice does not serve the operation PutImage of ECR.'],
])('%s of %j is refused', async (operation, input, code, message) => {
  const { status, body } = await ask(operation, input);
  expect([status, body.__type]).toEqual([400, code]);
  expect(body.message).toMatch(message);
});
