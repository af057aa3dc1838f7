/**
 * What S3 says of a signature that does not hold.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the elements beside code and message are
 * those of S3's own answers.
 */
import type { SignatureError, SignatureFacts, SignatureProblem } from '../wire/signature-error.ts';
import { S3Error } from './s3-error.ts';

type Answer = (facts: SignatureFacts) => S3Error;

const answers: Readonly<Record<SignatureProblem, Answer>> = {
  MissingAuthentication: () => new S3Error('AccessDenied'),
  SeveralAuthentications: () =>
    new S3Error(
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    ),
  Malformed: (facts) => malformed(facts, facts.message),
  WrongService: ({ given = '', ...facts }) =>
    malformed(facts, scopeMessage(facts, `incorrect service "${given}". This endpoint belongs to "s3".`)),
  WrongRegion: ({ given = '', expected = '', ...facts }) =>
    malformed(facts, scopeMessage(facts, `the region '${given}' is wrong; expecting '${expected}'`), {
      Region: expected,
    }),
  WrongDate: ({ given = '', expected = '', ...facts }) =>
    malformed(
      facts,
      scopeMessage(
        facts,
        `Invalid credential date "${given}". This date is not the same as X-Amz-Date: "${expected}".`,
      ),
    ),
  HeadersNotSigned: ({ headers = [] }) =>
    new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: headers.join(', '),
    }),
  UnknownKey: ({ given }) => new S3Error('InvalidAccessKeyId', undefined, keyField(given)),
  InvalidToken: () => new S3Error('InvalidToken'),
  ExpiredToken: () => new S3Error('ExpiredToken'),
  Expired: ({ message, expected }) =>
    new S3Error('AccessDenied', message ?? 'Request has expired', {
      ...(expected !== undefined && { Expires: isoTime(expected) }),
      ServerTime: new Date().toISOString(),
    }),
  NotYetValid: () => new S3Error('AccessDenied', 'Request is not yet valid'),
  Skewed: ({ given = '' }) =>
    new S3Error('RequestTimeTooSkewed', undefined, {
      RequestTime: given,
      ServerTime: new Date().toISOString(),
      MaxAllowedSkewMilliseconds: '900000',
    }),
  Mismatch: () => new S3Error('SignatureDoesNotMatch'),
};

/** The error as S3's clients see it. */
export function s3SignatureError({ problem, facts }: SignatureError): S3Error {
  return answers[problem](facts);
}

function malformed(
  { presigned }: SignatureFacts,
  message: string | undefined,
  fields: Readonly<Record<string, string>> = {},
): S3Error {
  const code = presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed';
  return new S3Error(code, message, fields);
}

function scopeMessage({ presigned }: SignatureFacts, what: string): string {
  const where = presigned
    ? 'Error parsing the X-Amz-Credential parameter'
    : 'The authorization header is malformed';
  return `${where}; ${what}`;
}

function keyField(accessKeyId: string | undefined): Record<string, string> {
  return accessKeyId === undefined ? {} : { AWSAccessKeyId: accessKeyId };
}

/** `20260102T030405Z` → `2026-01-02T03:04:05Z` */
function isoTime(amzDate: string): string {
  return amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
}
