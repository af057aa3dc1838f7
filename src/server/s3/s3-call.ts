import type { IncomingMessage } from 'node:http';
import type { Account } from '../../core/account.ts';
import type { DirectoryStore, MultipartUploads } from '../../objects/directory/index.ts';
import type { Access } from '../access/iam-gate.ts';
import type { AccessKey, Keyring } from '../wire/keyring.ts';
import type { VerifiedSignature } from '../wire/sigv4.ts';
import type { XmlElements } from '../wire/xml.ts';
import type { FileRange } from './send-file.ts';

/** What every operation works with. */
export interface S3Context {
  readonly store: DirectoryStore;
  readonly uploads: MultipartUploads;
  readonly account: Account;
  /** Where given, every request must be signed with one of its keys. */
  readonly keyring: Keyring | undefined;
}

/** One request, taken apart. */
export interface S3Call extends S3Context {
  readonly request: IncomingMessage;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  /** Where keys are configured: who has signed, and what the body's signatures go on from. */
  readonly signature: VerifiedSignature | undefined;
  /** For which regions requests may be signed. */
  readonly regions: readonly string[];
  /** By lower-case names; of a presigned URL also those that stand in its query. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * Asks the policies of who has signed, where they are enforced.
   *
   * @param key - Who has signed, where that is not {@link signature}
   * @throws S3Error `AccessDenied`
   */
  allow(access: Access, key?: AccessKey): Promise<void>;
  /** One of them. */
  header(name: string): string | undefined;
}

/** An answer: a document, the bytes of an object, or a head alone. */
export interface S3Answer {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  readonly xml?: { readonly root: string; readonly content: XmlElements };
  /** A document as it was kept. */
  readonly text?: { readonly content: string; readonly type: string };
  /** Closed by whoever takes it; its length is among the headers. */
  readonly body?: FileRange;
}

/** One operation. */
export type S3Operation = (call: S3Call) => Promise<S3Answer>;

/** The owner that answers name: the account. */
export function owner({ account }: S3Context): XmlElements {
  return { ID: account.accountId.padStart(64, '0'), DisplayName: account.accountId };
}
