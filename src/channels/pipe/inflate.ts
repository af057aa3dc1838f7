import { pipeline, Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { SluiceError } from '../../core/errors.ts';
import { objectUri, type SourceObject } from '../source/source-object.ts';

/** Each piece is one turn of the event loop: large ones are much faster than Node's default. */
const PIECE_BYTES = 512 * 1024;
/** An object this small is inflated at once: a stream would cost more than the work. */
const SMALL_BYTES = 32 * 1024;

/** The inflated bytes of a gzip object, on Node's thread pool. @throws SluiceError `GzipInvalid` that names the object */
export async function* inflate(
  object: SourceObject,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if ((object.size ?? Number.POSITIVE_INFINITY) > SMALL_BYTES) {
      const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
      // The generator below ends, or throws, as the pipeline does.
      pipeline(Readable.from(pieces, { objectMode: false }), gunzip, () => undefined);
      yield* gunzip;
    } else {
      yield gunzipSync(Buffer.concat(await Array.fromAsync(pieces)));
    }
  } catch (error) {
    throw gzipError(error, object);
  }
}

function gzipError(error: unknown, object: SourceObject): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string' || !/^(Z_|ERR_.*ZLIB)/.test(code)) return error;
  return gzipInvalid(object, error as Error);
}

/** @internal */
export function gzipInvalid(object: SourceObject, cause: Error): SluiceError {
  return new SluiceError('GzipInvalid', `${objectUri(object)} cannot be inflated: ${cause.message}.`, {
    hint: "The channel's CompressionType is Gzip: each of its objects must be a whole gzip file.",
    cause,
  });
}
