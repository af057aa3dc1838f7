/**
 * Amazon ECR, as far as clients ask whether an image is there before they name it in a job.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/; the messages are those of ECR's answers as clients
 * quote them. Gaps: there is no registry behind it: nothing can be pushed or pulled, and the token lets nobody in.
 * By design: a repository that is created is remembered, and has no images.
 */
import type { OperationContext } from '../operations/operation.ts';
import type { Service } from '../wire/http.ts';
import { createJsonService } from '../wire/json-service.ts';
import { ecrModel } from '../wire/model/ecr.gen.ts';
import { type BatchGetImageInput, batchGetImage } from './images.ts';
import {
  type CreateRepositoryInput,
  createRepository,
  type DeleteRepositoryInput,
  type DescribeRepositoriesInput,
  deleteRepository,
  describeRepositories,
} from './repositories.ts';

/** How long a token would be valid. */
const TOKEN_MS = 12 * 60 * 60 * 1000;

interface TokenInput {
  readonly registryIds?: readonly string[];
}

/** The service over the repositories of one home. */
export function createEcr(context: OperationContext, log: (message: string) => void): Service {
  return createJsonService({
    name: 'ECR',
    model: ecrModel,
    invalidInputCode: 'InvalidParameterException',
    operations: {
      BatchGetImage: (input: BatchGetImageInput) => batchGetImage(input, context),
      CreateRepository: (input: CreateRepositoryInput) => createRepository(input, context),
      DeleteRepository: (input: DeleteRepositoryInput) => deleteRepository(input, context),
      DescribeRepositories: (input: DescribeRepositoriesInput) => describeRepositories(input, context),
      GetAuthorizationToken: async (input: TokenInput) => ({ authorizationData: tokens(input, context) }),
    } satisfies Record<keyof typeof ecrModel.operations, unknown>,
    log,
  });
}

/** `AWS:<password>`, as ECR's are. */
function tokens({ registryIds: given }: TokenInput, { account, clock }: OperationContext) {
  const domain = account.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return (given ?? [account.accountId]).map((registry) => ({
    authorizationToken: Buffer.from('AWS:sluice-has-no-registry').toString('base64'),
    expiresAt: new Date(clock().getTime() + TOKEN_MS),
    proxyEndpoint: `https://${registry}.dkr.ecr.${account.region}.${domain}`,
  }));
}
