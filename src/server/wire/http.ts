import type { IncomingHttpHeaders } from 'node:http';
import type { AccessKey } from './keyring.ts';

/** A request to one of the services, its body read. */
export interface WireRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Who has signed it, where that is asked for. */
  readonly caller?: AccessKey | undefined;
  /** For the answer's x-amzn-RequestId. */
  readonly requestId: string;
}

/** An answer, whole. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** One service of AWS as it is served here. */
export interface Service {
  /** The names of those that are served. */
  readonly operations: ReadonlySet<string>;
  /** Never rejects: what goes wrong is an answer too. */
  handle(request: WireRequest): Promise<WireAnswer>;
}
