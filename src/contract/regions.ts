import { accountTables } from './image-registries.gen.ts';

/** The regions of AWS in which SageMaker has images, as far as Sluice knows. There may be newer ones. */
export function knownRegions(): string[] {
  return [...new Set(accountTables.flatMap((table) => Object.keys(table)))].sort();
}
