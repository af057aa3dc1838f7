/** Why a signature is refused; each kind of service has its own code and words for it. */
export type SignatureProblem =
  /** The request is not signed. */
  | 'MissingAuthentication'
  /** It is signed in two ways at once. */
  | 'SeveralAuthentications'
  /** What it says of its signature is not whole. */
  | 'Malformed'
  | 'WrongService'
  | 'WrongRegion'
  /** The scope of the signature is another day than its date. */
  | 'WrongDate'
  /** Headers that count came without being signed. */
  | 'HeadersNotSigned'
  | 'UnknownKey'
  | 'InvalidToken'
  /** The token was good once. */
  | 'ExpiredToken'
  /** The end of a presigned URL is over. */
  | 'Expired'
  | 'NotYetValid'
  /** The request's time is far from the server's. */
  | 'Skewed'
  | 'Mismatch';

/** What is known beside the problem. */
export interface SignatureFacts {
  /** Whether it stands in the query. @default false */
  readonly presigned?: boolean | undefined;
  /** What was expected: the service, the region. */
  readonly expected?: string | undefined;
  /** What came. */
  readonly given?: string | undefined;
  /** Names of headers, lower-case. */
  readonly headers?: readonly string[] | undefined;
  /** What is wrong, in S3's words. */
  readonly message?: string | undefined;
}

/** A signature that does not hold. */
export class SignatureError extends Error {
  readonly problem: SignatureProblem;
  readonly facts: SignatureFacts;

  constructor(problem: SignatureProblem, facts: SignatureFacts = {}) {
    super(facts.message ?? problem);
    this.problem = problem;
    this.facts = facts;
  }
}
