import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../../core/account.ts';
import type { Credentials } from '../../core/sigv4.ts';
import type { DirectoryStore } from '../../objects/directory/directory-store.ts';
import type { MultipartUploads } from '../../objects/directory/multipart-uploads.ts';
import type { VerifiedSignature } from '../wire/sigv4.ts';
import type { XmlElements } from './xml.ts';

/** What every operation works with. */
export interface S3Context {
  readonly store: DirectoryStore;
  readonly uploads: MultipartUploads;
  readonly account: Account;
}

/** One request, taken apart. */
export interface S3Call extends S3Context {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  /** Where credentials are configured: what the body's signatures go on from. */
  readonly signature: (VerifiedSignature & { readonly credentials: Credentials }) | undefined;
  /** One header, by its lower-case name. */
  header(name: string): string | undefined;
}

/** An answer without a stream. */
export interface S3Answer {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  readonly xml?: { readonly root: string; readonly content: XmlElements };
}

/** One operation: answers by value, or writes to the response itself and returns nothing. */
export type Operation = (call: S3Call) => Promise<S3Answer | undefined>;

/** The owner that answers name: the account. */
export function owner({ account }: S3Context): XmlElements {
  return { ID: account.accountId.padStart(64, '0'), DisplayName: account.accountId };
}
