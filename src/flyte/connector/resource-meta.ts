import { createHmac, timingSafeEqual } from 'node:crypto';
import { SluiceError } from '../../core/errors.ts';
import { canonicalJson, type Json } from '../../graph/index.ts';
import type { StructEncoding } from './literals/write-literal.ts';
import type { LiteralType } from './messages.ts';

/** The version of {@link TaskReference} that this code writes, and the only one that it reads. */
const VERSION = 1;

/** What Flyte keeps of a task, to ask for it by. */
export interface TaskReference {
  readonly type: string;
  /** What the task type's `create` has answered. */
  readonly handle?: Json;
  /** The declared outputs. */
  readonly outputs: Readonly<Record<string, LiteralType>>;
  readonly encoding: StructEncoding;
  /** Why it could not be created: an error of CreateTask would have it created again. */
  readonly failure?: string;
}

/**
 * A reference as bytes that this connector and its other replicas alone can make.
 *
 * By design: nothing of it is secret. Signed, it lets a peer ask for what was created through the connector, and for
 * nothing else of the home.
 */
export function writeResourceMeta(reference: TaskReference, key: string): Buffer {
  const body = reference as unknown as Json;
  return Buffer.from(JSON.stringify({ version: VERSION, body, signature: sign(body, key) }));
}

/** @throws SluiceError `InvalidArgument` for one of another version, or that was not made here */
export function readResourceMeta(meta: Buffer | undefined, key: string): TaskReference {
  const { version, body, signature } = parse(meta);
  if (version !== VERSION)
    throw refused(
      `it is of version ${JSON.stringify(version) ?? 'none'}, this connector reads ${VERSION}`,
      'Another version of Sluice, or another connector, has created the task: begin it anew.',
    );
  const [own, theirs] = [Buffer.from(sign(body as Json, key)), Buffer.from(String(signature))];
  if (own.length !== theirs.length || !timingSafeEqual(own, theirs))
    throw refused(
      'its signature is not of this connector',
      'All replicas of a connector need one database: is this the one that has created the task?',
    );
  return body as TaskReference;
}

function parse(meta: Buffer | undefined): { version?: unknown; body?: unknown; signature?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(meta ?? '').toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function sign(body: Json, key: string): string {
  return createHmac('sha256', key)
    .update(canonicalJson(body ?? null))
    .digest('base64url');
}

function refused(problem: string, hint: string): SluiceError {
  return new SluiceError('InvalidArgument', `The resource_meta cannot be read: ${problem}.`, { hint });
}
