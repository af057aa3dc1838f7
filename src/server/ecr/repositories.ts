import { partitionOf } from '../../contract/arns.ts';
import {
  createResource,
  deleteResource,
  getResource,
  listResources,
  type ResourceRecord,
} from '../../state/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';

export interface CreateRepositoryInput {
  readonly registryId?: string;
  readonly repositoryName: string;
  readonly imageTagMutability?: string;
}

export interface DeleteRepositoryInput {
  readonly registryId?: string;
  readonly repositoryName: string;
}

export interface DescribeRepositoriesInput {
  readonly registryId?: string;
  readonly repositoryNames?: readonly string[];
  readonly nextToken?: string;
  readonly maxResults?: number;
}

const BUILT_IN = ['processing', 'training', 'inference'].map((name) => `aws-sagemaker-remote-${name}`);
const DEFAULT_PAGE = 100;

type Repository = Omit<ResourceRecord<CreateRepositoryInput>, 'arn'>;

/** Whether it is one whose images are always there. */
export function isBuiltIn(name: string): boolean {
  return BUILT_IN.includes(name);
}

/** The registry that a request names, which may be another account's. */
export function registryOf({ account }: OperationContext, given: string | undefined): string {
  return given ?? account.accountId;
}

/** A repository by its name. @throws AwsError `RepositoryNotFoundException` */
export async function findRepository(
  context: OperationContext,
  registry: string | undefined,
  name: string,
): Promise<Repository> {
  const isOwn = registryOf(context, registry) === context.account.accountId;
  const record = isOwn
    ? await getResource<CreateRepositoryInput>(context.state, 'repository', name)
    : undefined;
  if (record) return record;
  if (isOwn && isBuiltIn(name)) return builtIn(name);
  throw new AwsError(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${registryOf(context, registry)}'`,
  );
}

/** @throws AwsError `RepositoryAlreadyExistsException` */
export async function createRepository(input: CreateRepositoryInput, context: OperationContext) {
  const { repositoryName: name } = input;
  const createdAt = context.clock().getTime();
  const record = { name, arn: arnOf(context, name), createdAt, request: input };
  if (isBuiltIn(name) || !(await createResource(context.state, 'repository', record)))
    throw new AwsError(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${context.account.accountId}'`,
    );
  return { repository: described(context, record) };
}

/** @throws AwsError `RepositoryNotFoundException` */
export async function deleteRepository(input: DeleteRepositoryInput, context: OperationContext) {
  const record = await findRepository(context, input.registryId, input.repositoryName);
  await deleteResource(context.state, 'repository', input.repositoryName);
  return { repository: described(context, record) };
}

/** @throws AwsError `RepositoryNotFoundException`, `InvalidParameterException` */
export async function describeRepositories(input: DescribeRepositoriesInput, context: OperationContext) {
  const { registryId: registry, repositoryNames: names } = input;
  if (names) {
    const found = await Promise.all(names.map((name) => findRepository(context, registry, name)));
    return { repositories: found.map((record) => described(context, record)) };
  }
  const all =
    registryOf(context, registry) === context.account.accountId ? await allRepositories(context) : [];
  const after = input.nextToken && Buffer.from(input.nextToken, 'base64url').toString('utf8');
  const left = after ? all.filter(({ name }) => name > after) : all;
  const page = left.slice(0, input.maxResults ?? DEFAULT_PAGE);
  const last = page.at(-1);
  return {
    repositories: page.map((record) => described(context, record)),
    ...(last && page.length < left.length && { nextToken: Buffer.from(last.name).toString('base64url') }),
  };
}

async function allRepositories({ state }: OperationContext): Promise<Repository[]> {
  const filter = { sortBy: 'name', sortOrder: 'ascending', limit: Number.MAX_SAFE_INTEGER } as const;
  const own = await listResources<CreateRepositoryInput>(state, 'repository', filter);
  return [...own, ...BUILT_IN.map(builtIn)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function builtIn(name: string): Repository {
  return { name, createdAt: 0, request: { repositoryName: name } };
}

function arnOf({ account }: OperationContext, name: string): string {
  return `arn:${partitionOf(account.region)}:ecr:${account.region}:${account.accountId}:repository/${name}`;
}

function described(context: OperationContext, { name, createdAt, request }: Repository) {
  const { accountId, region } = context.account;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    repositoryArn: arnOf(context, name),
    registryId: accountId,
    repositoryName: name,
    repositoryUri: `${accountId}.dkr.ecr.${region}.${domain}/${name}`,
    createdAt: new Date(createdAt),
    imageTagMutability: request.imageTagMutability ?? 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
}
