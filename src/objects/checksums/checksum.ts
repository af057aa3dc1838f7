import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';

/** The checksums that S3 knows. */
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** A checksum that is being made, piece by piece. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** To be called once, at the end. */
  digest(): Promise<Buffer>;
}

/** Starts a checksum. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  return starters[algorithm]();
}

const starters: Record<ChecksumAlgorithm, () => RunningChecksum> = {
  CRC32: startCrc32,
  CRC32C: () => fromSdk(new Crc32c()),
  CRC64NVME: () => fromSdk(new Crc64Nvme()),
  SHA1: () => fromNode('sha1'),
  SHA256: () => fromNode('sha256'),
};

function startCrc32(): RunningChecksum {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: async () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function fromNode(name: string): RunningChecksum {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest() };
}

function fromSdk(checksum: {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}): RunningChecksum {
  return {
    update: (bytes) => checksum.update(bytes),
    digest: async () => Buffer.from(await checksum.digest()),
  };
}

/** The name of the header that carries a checksum: `x-amz-checksum-crc32c`. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}
