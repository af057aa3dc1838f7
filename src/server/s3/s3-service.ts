/**
 * The embedded store over the S3 protocol.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 * By design: one account owns everything; no versioning.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../../core/account.ts';
import { type DirectoryStore, isBucketName, MultipartUploads } from '../../objects/directory/index.ts';
import { type IamGate, NotAuthorized } from '../access/iam-gate.ts';
import type { Keyring } from '../wire/keyring.ts';
import { PAGE_HEADERS } from '../wire/page-headers.ts';
import { factsOf } from '../wire/request-facts.ts';
import { SignatureError } from '../wire/signature-error.ts';
import { verifySignature } from '../wire/sigv4.ts';
import { withoutSecrets } from '../wire/without-secrets.ts';
import { accessesOfCall } from './access-of-call.ts';
import { bucketRegion } from './bucket-region.ts';
import { isForm, operationName } from './operation-name.ts';
import { operations } from './operations.ts';
import { parseAddress, type S3Address } from './parse-address.ts';
import { withPresigned } from './presigned-headers.ts';
import { refuseHeaders } from './refused-headers.ts';
import type { S3Answer, S3Call, S3Context } from './s3-call.ts';
import { elsewhere, S3Error, toS3Error, unknownVersion } from './s3-error.ts';
import { s3SignatureError } from './s3-signature-error.ts';
import { sendFile } from './send-file.ts';
import { formatXml } from './xml.ts';

export interface S3ServiceOptions {
  readonly store: DirectoryStore;
  readonly account: Account;
  /** Where given, every request must be signed with one of its keys. */
  readonly keyring?: Keyring | undefined;
  /** Holds requests against policies. @default they are not enforced */
  readonly gate?: IamGate | undefined;
  /** Where the objects are in place of the store; undefined: in the store. @default in the store */
  readonly objectsAt?: (() => string | undefined) | undefined;
  readonly log?: (message: string) => void;
}

/** Answers one request; never rejects. */
export type S3Service = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The S3 protocol over a store. */
export function createS3Service(options: S3ServiceOptions): S3Service {
  const context: S3Context = {
    store: options.store,
    account: options.account,
    uploads: new MultipartUploads(options.store),
    keyring: options.keyring,
  };
  return async (request, response) => {
    const requestId = randomUUID().slice(-12).toUpperCase() + randomUUID().slice(0, 4).toUpperCase();
    const reply = { request, response, requestId };
    let address: S3Address | undefined;
    try {
      const facts = factsOf(request);
      facts.service = 's3';
      address = parseAddress(request.url ?? '/', facts.virtualBucket);
      const call = await createCall(context, address, request, requestId, options.gate);
      const endpoint = options.objectsAt?.();
      if (endpoint !== undefined) throw elsewhere(endpoint);
      checkBucket(address.bucket);
      refuseHeaders(call);
      const version = address.query.get('versionId');
      if (version !== null && version !== 'null') throw unknownVersion(version);
      const name = operationName({
        ...address,
        method: request.method ?? '',
        copies: call.header('x-amz-copy-source') !== undefined,
        form: isForm({ ...address, method: request.method ?? '', headers: request.headers }),
      });
      facts.operation = name;
      for (const access of accessesOfCall(name, call)) await call.allow(access);
      await send(reply, await operations[name](call));
    } catch (error) {
      const failure =
        error instanceof SignatureError
          ? s3SignatureError(error)
          : toS3Error(error, address?.bucket ?? '', address?.key ?? '');
      if (failure.code === 'InternalError')
        options.log?.(`S3 ${request.method} ${withoutSecrets(request.url ?? '/')}: ${describe(error)}`);
      await sendError(reply, failure);
    }
  };
}

/** @throws S3Error `InvalidBucketName` */
function checkBucket(bucket: string): void {
  if (bucket !== '' && !isBucketName(bucket))
    throw new S3Error('InvalidBucketName', undefined, { BucketName: bucket });
}

async function createCall(
  context: S3Context,
  address: S3Address,
  request: IncomingMessage,
  requestId: string,
  gate: IamGate | undefined,
): Promise<S3Call> {
  const { method = '', url = '/', headers } = request;
  const all = withPresigned(headers, address.query);
  const signed = { method, url, headers, virtualBucket: factsOf(request).virtualBucket };
  const regions = context.keyring ? regionsOf(context, address.bucket) : [];
  // The policy of a form is signed, which is among its fields.
  const keyring = isForm({ ...address, method, headers }) ? undefined : context.keyring;
  const signature = await verifySignature(signed, keyring, { service: 's3', regions });
  if (signature) factsOf(request).key = signature.key.name;
  return {
    ...context,
    ...address,
    request,
    requestId,
    signature,
    regions,
    headers: all,
    async allow(access, key = signature?.key) {
      if (gate && key) await gate.check(key, access, originOf(request)).catch(asDenied);
    },
    header: (name) => {
      const value = all[name];
      return typeof value === 'object' ? value.join(',') : value;
    },
  };
}

/** Where a request comes from. */
function originOf({ socket }: IncomingMessage) {
  return { address: socket.remoteAddress, secure: 'encrypted' in socket };
}

function asDenied(error: unknown): never {
  throw error instanceof NotAuthorized ? new S3Error('AccessDenied', error.message) : error;
}

/** For which regions requests may be signed: the account's, and that in which the bucket was to be made. */
function regionsOf({ account, store }: S3Context, bucket: string): readonly string[] {
  const location = isBucketName(bucket) ? bucketRegion(store, bucket) : undefined;
  return location === undefined ? [account.region] : [account.region, location];
}

/** Where an answer goes. */
interface Reply {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

/** Writes the head at once, which is cheaper than header by header, and then the body. */
async function send(
  { request, response, requestId }: Reply,
  { status = 200, headers = {}, xml, text: kept, body }: S3Answer,
): Promise<void> {
  const head: Record<string, string | number> = {
    'x-amz-request-id': requestId,
    'x-amz-id-2': requestId,
    server: 'AmazonS3',
    ...PAGE_HEADERS,
  };
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) head[name] = value;
  }
  const text = xml ? formatXml(xml.root, xml.content) : (kept?.content ?? '');
  if (xml || kept) head['content-type'] = kept?.type ?? 'application/xml';
  if (status !== 204 && status !== 304) head['content-length'] ??= Buffer.byteLength(text);
  response.writeHead(status, head);
  if (body) await sendFile(body, response);
  else response.end(request.method === 'HEAD' ? undefined : text);
}

async function sendError(reply: Reply, error: S3Error): Promise<void> {
  const { request, response, requestId } = reply;
  if (response.headersSent) {
    // The status is out already: only a broken connection can still tell that the object is not whole.
    response.destroy();
    return;
  }
  const { code, message, fields, status } = error;
  const resource = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const content = {
    Code: code,
    Message: message,
    ...fields,
    Resource: resource,
    RequestId: requestId,
    HostId: requestId,
  };
  await send(reply, { status, xml: { root: 'Error', content } });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
