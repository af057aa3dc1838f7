import { SluiceError } from '../../../core/errors.ts';
import { unpackLimits } from '../../../home/keep-runs/index.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import type { ApiAnswer, ApiRequest } from '../route.ts';

/** `POST /bundles?digest=sha256:…`: kept once, and only if it is what its digest says. */
export async function uploadBundle(
  { home, limits }: ApiContext,
  { query, request }: ApiRequest<object, { readonly digest: string }, unknown>,
): Promise<ApiAnswer> {
  const digest = fullDigest(query.digest);
  const bundles = await home.bundles();
  const known = await bundles.find({ digest }).catch(ignoreLost);
  if (known) {
    request.resume();
    return { status: 200, body: documentOf(known) };
  }
  checkSize(Number(request.headers['content-length'] ?? 0), limits.bundleBytes);
  const stored = await bundles.take(digest, limited(request, limits.bundleBytes), {
    limits: unpackLimits(limits),
  });
  return { status: 201, body: documentOf(stored) };
}

/** `GET /bundles/{digest}` */
export async function showBundle(
  { home }: ApiContext,
  { path }: ApiRequest<{ readonly digest: string }, object, undefined>,
): Promise<ApiAnswer> {
  const digest = fullDigest(path.digest);
  const known = await (await home.bundles()).find({ digest }).catch(ignoreLost);
  if (known) return { status: 200, body: documentOf(known) };
  throw new ApiError(404, 'BundleNotFound', `The bundle ${digest} is not here.`, {
    hint: `Upload it: POST /_sluice/v1/bundles?digest=${digest}`,
  });
}

/** @throws ApiError */
function checkSize(size: number, most: number): void {
  if (size <= most) return;
  throw new ApiError(
    413,
    'LimitExceeded',
    `The archive has more than ${most} bytes, which the server takes.`,
    {
      hint: 'Send less code: data belongs into buckets. Or raise server.runs.maxBundleMiB.',
    },
  );
}

async function* limited(request: AsyncIterable<Buffer>, most: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    checkSize(size, most);
    yield piece;
  }
}

function ignoreLost(error: unknown): undefined {
  if (error instanceof SluiceError && ['BundleNotFound', 'BundleInvalid'].includes(error.code))
    return undefined;
  throw error;
}

function fullDigest(text: string): string {
  return text.startsWith('sha256:') ? text : `sha256:${text}`;
}

function documentOf({
  digest,
  uri,
  files,
}: {
  digest: string;
  uri: string;
  files: readonly unknown[];
}): object {
  return { digest, uri, files: files.length };
}
