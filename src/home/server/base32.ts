const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes in the letters of AWS's access keys: 10 bytes are 16 of them. */
export function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const count = Math.floor((bytes.length * 8) / 5);
  return Array.from(
    { length: count },
    (_, index) => LETTERS[Number((bits >> BigInt((count - 1 - index) * 5)) & 31n)],
  ).join('');
}
