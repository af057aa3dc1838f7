import { networkInterfaces } from 'node:os';

/** An address of this machine that is not its own alone: from a container, too, it leads here. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flat();
  const found = all.find(
    (each) => each?.family === 'IPv4' && !each.internal && each.cidr?.endsWith('/32') !== true,
  );
  if (!found) throw new Error('These tests need an address of this machine other than 127.0.0.1.');
  return found.address;
}
