import { type ChecksumAlgorithm, type RunningChecksum, startChecksum } from './checksum.ts';

/** S3's composite checksum: one of the checksums of an object's parts, which all have one size but the last. */
export function startCompositeChecksum(algorithm: ChecksumAlgorithm, partBytes: number): RunningChecksum {
  const digests: Promise<Buffer>[] = [];
  let part = startChecksum(algorithm);
  let left = partBytes;
  let begun = false;
  const end = () => {
    digests.push(part.digest());
    part = startChecksum(algorithm);
    left = partBytes;
    begun = false;
  };
  return {
    update(bytes) {
      for (let rest = bytes; rest.length > 0; ) {
        const piece = rest.subarray(0, left);
        part.update(piece);
        begun = true;
        left -= piece.length;
        rest = rest.subarray(piece.length);
        if (left === 0) end();
      }
    },
    async digest() {
      if (begun || digests.length === 0) end();
      const whole = startChecksum(algorithm);
      for (const digest of digests) whole.update(await digest);
      return whole.digest();
    },
  };
}
