import { SluiceError } from '../../core/errors.ts';
import { type ObjectStore, parseS3Uri, readSmall } from '../../objects/index.ts';

/** What is larger is no claim: bytes. */
const MAX_BYTES = 64 * 1024;

/** Which job of Batch's is the one of an idempotency key. */
export interface ClaimedJob {
  readonly id: string;
  /** Digest of the document. */
  readonly request: string;
  /** @returns the id @throws SluiceError `JobNameTaken` where it was claimed for another request */
  expect(jobName: string, request: string): string;
}

/** An object by which whoever submits the same job again, at whichever moment, finds the one that there is. */
export class JobClaim {
  readonly #store: ObjectStore;
  readonly #uri: string;

  /** @param results - `s3://…/` of the job */
  constructor(store: ObjectStore, results: string) {
    this.#store = store;
    this.#uri = `${results}job-id.json`;
  }

  async read(): Promise<ClaimedJob | undefined> {
    const bytes = await readSmall(this.#store, this.#uri, MAX_BYTES);
    if (!bytes) return undefined;
    const { id, request } = parse(bytes, this.#uri);
    return {
      id,
      request,
      expect(jobName, asked) {
        if (asked === request) return id;
        throw new SluiceError(
          'JobNameTaken',
          `AWS Batch has a job '${jobName}' already, made by another request.`,
          { hint: 'Begin a new run, or take another name.' },
        );
      },
    };
  }

  /** Claims the job, unless another one is. @returns the id of the one that is */
  async write(id: string, request: string): Promise<string> {
    const { bucket, key } = parseS3Uri(this.#uri);
    try {
      await this.#store.put(bucket, key, JSON.stringify({ id, request }), { ifNoneMatch: '*' });
      return id;
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'PreconditionFailed') throw error;
      return (await this.read())?.id ?? id;
    }
  }
}

function parse(bytes: Uint8Array, uri: string): { readonly id: string; readonly request: string } {
  try {
    const { id, request } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    if (typeof id === 'string' && typeof request === 'string') return { id, request };
  } catch {
    // Said below.
  }
  throw new SluiceError('InvalidArgument', `${uri} does not name a job of AWS Batch.`);
}
