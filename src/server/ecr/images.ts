/**
 * Whether images are there.
 *
 * By design: those that aws-sagemaker-remote names (`aws-sagemaker-remote-processing`, `-training`, `-inference`) are, by
 * any tag: what runs in their place is told in docs/images.md. Other repositories have none.
 */
import { createHash } from 'node:crypto';
import type { OperationContext } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';
import { findRepository, isBuiltIn, registryOf } from './repositories.ts';

export interface BatchGetImageInput {
  readonly registryId?: string;
  readonly repositoryName: string;
  readonly imageIds: readonly ImageId[];
}

interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** @throws AwsError `RepositoryNotFoundException`, `InvalidParameterException` */
export async function batchGetImage(input: BatchGetImageInput, context: OperationContext) {
  const { repositoryName, imageIds } = input;
  await findRepository(context, input.registryId, repositoryName);
  for (const { imageTag, imageDigest } of imageIds)
    if (imageTag === undefined && imageDigest === undefined)
      throw new AwsError(
        'InvalidParameterException',
        "Invalid parameter at 'imageIds' failed to satisfy constraint: 'imageTag or imageDigest must be given'",
      );
  const isThere = (id: ImageId) => isBuiltIn(repositoryName) && id.imageTag !== undefined;
  return {
    images: imageIds.filter(isThere).map((id) => image(input, id, context)),
    failures: imageIds
      .filter((id) => !isThere(id))
      .map((imageId) => ({
        imageId,
        failureCode: 'ImageNotFound',
        failureReason: 'Requested image not found',
      })),
  };
}

/** A manifest without layers, by which the image has a digest. */
function image(input: BatchGetImageInput, { imageTag }: ImageId, context: OperationContext) {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    annotations: { name: `${input.repositoryName}:${imageTag}` },
    layers: [],
  });
  return {
    registryId: registryOf(context, input.registryId),
    repositoryName: input.repositoryName,
    imageId: { imageDigest: `sha256:${createHash('sha256').update(manifest).digest('hex')}`, imageTag },
    imageManifest: manifest,
    imageManifestMediaType: MANIFEST_TYPE,
  };
}
