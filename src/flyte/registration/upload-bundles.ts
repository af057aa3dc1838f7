import { createHash } from 'node:crypto';
import { SluiceError } from '../../core/errors.ts';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { bundlesOf, mapBundles, type WorkflowGraph } from '../../graph/index.ts';
import type { FlyteAdmin } from './admin/flyte-admin.ts';
import { causeOf } from './auth/token.ts';
import type { EntityPlace } from './plan/plan-package.ts';

/** Archives that are uploaded at the same time. */
const AT_ONCE = 4;

/** The longest that one upload may take, milliseconds. */
const LIMIT_MS = 600_000;

/** How code gets to Flyte's own store. */
export interface UploadOptions {
  readonly admin: FlyteAdmin;
  readonly place: EntityPlace;
  /** The archive of a bundle, by its digest. */
  readonly archive: (digest: string) => Promise<Uint8Array>;
  /** Tells of progress. */
  readonly say: (message: string) => void;
}

/** What of `flyteidl.service.CreateUploadLocationResponse` is needed. */
interface UploadLocation {
  readonly signedUrl?: string;
  readonly nativeUrl?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Uploads the code of a graph by signed URLs, to places that follow from its digests.
 *
 * @returns the graph that names these places
 * @throws SluiceError as {@link FlyteAdmin.ask}; `StoreUnavailable`
 */
export async function uploadBundles(graph: WorkflowGraph, options: UploadOptions): Promise<WorkflowGraph> {
  const digests = [...bundlesOf(graph).keys()];
  const uris = await mapAtOnce(digests, AT_ONCE, (digest) => upload(digest, options));
  const places = new Map(digests.map((digest, index) => [digest, uris[index] as string]));
  return mapBundles(graph, ({ digest }) => ({ digest, uri: places.get(digest) as string }));
}

async function upload(digest: string, { admin, place, archive, say }: UploadOptions): Promise<string> {
  const body = await archive(digest);
  const md5 = createHash('md5').update(body).digest();
  const request = {
    ...place,
    filename: 'sourcedir.tar.gz',
    filenameRoot: `sluice-bundles/${digest.replace(':', '-')}`,
    contentMd5: md5,
  };
  try {
    const location = await admin.ask<UploadLocation>('DataProxyService', 'CreateUploadLocation', request);
    say(`Uploading code ${digest.slice(0, 19)} (${body.byteLength} bytes)`);
    await put(location, body, md5);
    return location.nativeUrl as string;
  } catch (error) {
    const there = placeOfExisting(error);
    if (there === undefined) throw error;
    return there;
  }
}

/**
 * An archive that was packed by another program has other bytes, and the same code in it: whoever unpacks it verifies its
 * digest. FlyteAdmin tells where it lies in its message alone.
 */
function placeOfExisting(error: unknown): string | undefined {
  if (!(error instanceof SluiceError) || error.code !== 'WorkflowVersionTaken') return undefined;
  return /already exists at location \[([a-z0-9]+:\/\/[^\]]+)\]/.exec(error.message)?.[1];
}

async function put(
  { signedUrl = '', headers = {} }: UploadLocation,
  body: Uint8Array,
  md5: Buffer,
): Promise<void> {
  const where = URL.canParse(signedUrl) ? new URL(signedUrl).host : signedUrl;
  let answer: Response;
  try {
    answer = await fetch(signedUrl, {
      method: 'PUT',
      // What the signature holds, as flytekit sends it.
      headers: { 'content-md5': md5.toString('base64'), ...headers },
      body: Buffer.from(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  } catch (cause) {
    throw new SluiceError('StoreUnavailable', `The code cannot be uploaded to ${where}: ${causeOf(cause)}`, {
      cause,
      hint: "FlyteAdmin has signed an address of its own store: that has to be reachable from here (its setting 'signedUrl.stowConfigOverride.endpoint').",
    });
  }
  const text = await answer.text();
  if (answer.ok) return;
  throw new SluiceError(
    'StoreUnavailable',
    `The code cannot be uploaded to ${where}: HTTP ${answer.status} ${text.slice(0, 300)}`.trim(),
    { hint: 'Is the clock of this machine right, and may FlyteAdmin write to its store?' },
  );
}
