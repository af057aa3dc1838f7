import type { ChecksumAlgorithm } from './checksum.ts';

/** Width and polynomial, reflected (the highest power in the lowest bit). */
const polynomials: Partial<Record<ChecksumAlgorithm, { readonly bits: number; readonly value: bigint }>> = {
  CRC32: { bits: 32, value: 0xedb88320n },
  CRC32C: { bits: 32, value: 0x82f63b78n },
  CRC64NVME: { bits: 64, value: 0x9a6c9329ac4bc9b5n },
};

/** True for checksums whose value for a whole follows from those of its pieces. */
export function isCombinable(algorithm: ChecksumAlgorithm): boolean {
  return polynomials[algorithm] !== undefined;
}

/**
 * The CRC of two pieces, one after the other: the first CRC times x to the power of the second's length in bits, plus
 * the second CRC, modulo the polynomial.
 *
 * @see https://github.com/madler/zlib/blob/master/crc32.c crc32_combine
 */
export function combineCrcs(
  algorithm: ChecksumAlgorithm,
  first: Buffer,
  second: Buffer,
  secondBytes: number,
): Buffer {
  const polynomial = polynomials[algorithm];
  if (!polynomial) throw new TypeError(`${algorithm} cannot be combined`);
  const shifted = multiply(toBigInt(first), powerOfX(BigInt(secondBytes) * 8n, polynomial), polynomial);
  const value = shifted ^ toBigInt(second);
  return Buffer.from(value.toString(16).padStart(polynomial.bits / 4, '0'), 'hex');
}

interface Polynomial {
  readonly bits: number;
  readonly value: bigint;
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** Multiplies modulo the polynomial; in the reflected form the highest bit stands for x⁰. */
function multiply(a: bigint, b: bigint, { bits, value }: Polynomial): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = bits - 1; bit >= 0; bit--) {
    if ((a >> BigInt(bit)) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ value : shifted >> 1n;
  }
  return product;
}

function powerOfX(exponent: bigint, polynomial: Polynomial): bigint {
  let result = 1n << BigInt(polynomial.bits - 1);
  let square = 1n << BigInt(polynomial.bits - 2);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = multiply(result, square, polynomial);
    square = multiply(square, square, polynomial);
  }
  return result;
}
