import { type ChecksumAlgorithm, startChecksum } from '../../objects/checksums/checksum.ts';

/** Bytes that are copied, with their checksum at the end. */
export class Checksummed implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #algorithm: ChecksumAlgorithm | undefined;
  /** Base64, once all was read. */
  checksum: string | undefined;

  constructor(source: AsyncIterable<Uint8Array>, algorithm: ChecksumAlgorithm | undefined) {
    this.#source = source;
    this.#algorithm = algorithm;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const running = this.#algorithm && startChecksum(this.#algorithm);
    for await (const piece of this.#source) {
      running?.update(piece);
      yield piece;
    }
    this.checksum = running && (await running.digest()).toString('base64');
  }
}
