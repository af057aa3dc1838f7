import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An endpoint that answers every request as it is told. */
export interface WrongS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests that came. */
  readonly requests: number;
}

/** Starts one. */
export async function startWrongS3(answer: RequestListener): Promise<WrongS3> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A page of a listing, of objects of 1 byte. `next`: the token with which it goes on. */
export function listingPage(keys: readonly string[], { next = '', size = '1' } = {}): string {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>1970-01-01T00:00:00Z</LastModified></Contents>`,
  );
  const more = next && `<NextContinuationToken>${next}</NextContinuationToken>`;
  return `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${next !== ''}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`;
}
