import type { IncomingMessage } from 'node:http';

/** What becomes known of a request on its way: for who counts and logs. */
export interface RequestFacts {
  /** `s3`, `sagemaker`, … */
  service?: string;
  /** `PutObject`; only names that there are. */
  operation?: string;
  /** Whose key it is signed with. */
  key?: string;
  /** The bucket that stands in the host's name. */
  virtualBucket?: string | undefined;
}

const known = new WeakMap<IncomingMessage, RequestFacts>();

/** The facts of a request, to read and to add to. */
export function factsOf(request: IncomingMessage): RequestFacts {
  let facts = known.get(request);
  if (!facts) {
    facts = {};
    known.set(request, facts);
  }
  return facts;
}
