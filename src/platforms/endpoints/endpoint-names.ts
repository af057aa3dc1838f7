import { createHash } from 'node:crypto';
import { MAX_NAME_LENGTH } from '../../contract/names.ts';

/** Of hashes in names, hexadecimal digits. */
const DIGITS = 10;

/**
 * The name of what belongs to an endpoint, its models and configurations: the same for the same content, and known by it
 * as the endpoint's own.
 */
export function partName(endpoint: string, content: string): string {
  return `${headOf(endpoint)}-${createHash('sha256').update(content).digest('hex').slice(0, DIGITS)}`;
}

/** Whether something of this name was made for an endpoint. */
export function isPartOf(endpoint: string, name: string): boolean {
  const head = `${headOf(endpoint)}-`;
  return name.startsWith(head) && /^[0-9a-f]{10}$/.test(name.slice(head.length));
}

function headOf(endpoint: string): string {
  return endpoint.slice(0, MAX_NAME_LENGTH - DIGITS - 1).replace(/-+$/, '');
}
