import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import type { TransformSettings } from './settings.ts';

/** What is sent in one invocation. */
export interface Payload {
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

export async function* readPayloads(
  source: AsyncIterable<Uint8Array>,
  _request: CreateTransformJobRequest,
  _settings: TransformSettings,
): AsyncGenerator<Payload> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  yield { body: Buffer.concat(chunks) };
}

export function finishAnswer(
  answer: Buffer,
  _payload: Payload,
  _request: CreateTransformJobRequest,
): Uint8Array {
  return answer;
}
