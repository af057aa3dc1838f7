import { createReadStream } from 'node:fs';
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { joinUri, type Staging, writeObject } from '../../channels/index.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { parseS3Uri } from '../../objects/index.ts';
import type { HostLife } from '../host-life.ts';
import { outputNames } from './output-names.ts';
import type { TransformedObject } from './transform-objects.ts';

const STAGED_AT_ONCE = 8;

/** Stages each object's answers, several at once. */
export async function stageAnswers(
  life: HostLife<CreateTransformJobRequest>,
  objects: readonly TransformedObject[],
  staging: Staging,
): Promise<void> {
  const prefix = life.request.TransformOutput?.S3OutputPath?.replace(/\/+$/, '') ?? '';
  const { stores } = life.context;
  const outputs = outputNames(objects, inputPrefix(life.request)).map((name, index) => ({
    uri: joinUri(prefix, `${name}.out`),
    path: (objects[index] as TransformedObject).path,
  }));
  await forEachAtOnce(outputs, STAGED_AT_ONCE, life.stopSignal, async ({ uri, path }, signal) => {
    await writeObject({ uri, body: createReadStream(path), stores, signal, staging });
  });
}

function inputPrefix({ TransformInput: input }: CreateTransformJobRequest): string {
  const uri = input?.DataSource?.S3DataSource?.S3Uri ?? '';
  return uri.startsWith('s3://') ? parseS3Uri(uri).key : '';
}
