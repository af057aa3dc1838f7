/** The door to checksums. */
export {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumHeader,
  type RunningChecksum,
  startChecksum,
} from './checksum.ts';
export { isCombinable } from './combine-crc.ts';
