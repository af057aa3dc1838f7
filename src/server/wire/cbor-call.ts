import type { IncomingMessage } from 'node:http';

const PATH = /^\/service\/([^/?]+)\/operation\/([^/?]+)(?:\?|$)/;

/** The service and the operation of a request of Smithy's RPC protocol; undefined for any other request. */
export function cborCall({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>) {
  const [, service, operation] = PATH.exec(url) ?? [];
  if (headers['smithy-protocol'] !== 'rpc-v2-cbor' || service === undefined || operation === undefined) {
    return undefined;
  }
  return { service, operation };
}
