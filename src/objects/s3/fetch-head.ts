import type { AskedObject } from './check-answer.ts';
import { checkAnswer } from './check-answer.ts';
import { headerText, pin } from './object-headers.ts';
import type { S3Connection } from './s3-connection.ts';
import { BrokenTransfer, type S3Headers } from './s3-request.ts';

/**
 * What a store says of an object, its checksum too.
 *
 * @throws SluiceError `NoSuchKey`, `PreconditionFailed` for another version, `StoreUnavailable` where it does not fit
 */
export async function fetchHead(
  connection: S3Connection,
  object: Omit<AskedObject, 'range'> & { readonly signal?: AbortSignal | undefined },
): Promise<S3Headers> {
  const { bucket, key, etag, signal } = object;
  const headers = { 'x-amz-checksum-mode': 'ENABLED', ...pin(etag) };
  const request = { method: 'HEAD', bucket, key, headers, signal } as const;
  return connection.retry(request, async () => {
    const answer = await connection.exchange(request, { onData: () => true });
    if (headerText(answer, 'content-length') === undefined)
      throw new BrokenTransfer('the store does not say how long the object is');
    checkAnswer(object, answer, 200);
    return answer;
  });
}
