import { type ChecksumAlgorithm, startChecksum } from '../../objects/checksums/index.ts';
import type { ObjectChecksum } from '../../objects/directory/index.ts';

/** Bytes that are copied, with their checksum at the end. */
export class Checksummed implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #algorithm: ChecksumAlgorithm | undefined;
  /** Of the whole, once all was read. */
  result: ObjectChecksum | undefined;

  constructor(source: AsyncIterable<Uint8Array>, algorithm: ChecksumAlgorithm | undefined) {
    this.#source = source;
    this.#algorithm = algorithm;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const algorithm = this.#algorithm;
    const running = algorithm && startChecksum(algorithm);
    for await (const piece of this.#source) {
      running?.update(piece);
      yield piece;
    }
    if (algorithm && running) this.result = { algorithm, value: (await running.digest()).toString('base64') };
  }
}
