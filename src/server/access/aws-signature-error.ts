/**
 * What the services beside S3 say of a signature that does not hold.
 *
 * Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html and the answers of AWS's own services.
 */
import { AwsError } from '../wire/aws-error.ts';
import type { SignatureError, SignatureFacts, SignatureProblem } from '../wire/signature-error.ts';

const codes: Readonly<Record<SignatureProblem, string>> = {
  MissingAuthentication: 'MissingAuthenticationTokenException',
  SeveralAuthentications: 'IncompleteSignatureException',
  Malformed: 'IncompleteSignatureException',
  WrongService: 'InvalidSignatureException',
  WrongRegion: 'InvalidSignatureException',
  WrongDate: 'InvalidSignatureException',
  HeadersNotSigned: 'InvalidSignatureException',
  UnknownKey: 'UnrecognizedClientException',
  InvalidToken: 'UnrecognizedClientException',
  ExpiredToken: 'ExpiredTokenException',
  Expired: 'InvalidSignatureException',
  NotYetValid: 'InvalidSignatureException',
  Skewed: 'InvalidSignatureException',
  Mismatch: 'InvalidSignatureException',
};

/** The same in the services that speak forms and XML. */
const queryCodes: Readonly<Record<string, string>> = {
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
  ExpiredTokenException: 'ExpiredToken',
  AccessDeniedException: 'AccessDenied',
};

/** The error as the clients of JSON services see it. */
export function awsSignatureError({ problem, facts }: SignatureError): AwsError {
  return new AwsError(codes[problem], messageOf(problem, facts), 403);
}

/** The error as STS and IAM name it. */
export function queryError(error: AwsError): AwsError {
  const code = queryCodes[error.code];
  if (code === undefined) return error;
  return new AwsError(code, error.message, 403);
}

function messageOf(problem: SignatureProblem, facts: SignatureFacts): string {
  const { given = '', expected = '', headers = [] } = facts;
  switch (problem) {
    case 'MissingAuthentication':
      return 'Missing Authentication Token';
    case 'SeveralAuthentications':
      return 'Request is signed in its header and in its query: only one of them is allowed.';
    case 'WrongService':
      return `Credential should be scoped to correct service: '${expected}'. `;
    case 'WrongRegion':
      return `Credential should be scoped to a valid region, not '${given}'. `;
    case 'WrongDate':
      return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${given}' != '${expected}'.`;
    case 'HeadersNotSigned':
      return notSigned(headers[0] ?? 'host');
    case 'UnknownKey':
    case 'InvalidToken':
      return 'The security token included in the request is invalid.';
    case 'ExpiredToken':
      return 'The security token included in the request is expired';
    case 'Expired':
      return `Signature expired: ${expected} is in the past.`;
    case 'NotYetValid':
      return `Signature not yet current: ${given} is in the future.`;
    case 'Skewed':
      return given < expected
        ? `Signature expired: ${given} is now earlier than ${expected} by more than 15 min.`
        : `Signature not yet current: ${given} is still later than ${expected} by more than 15 min.`;
    case 'Mismatch':
      return 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
    case 'Malformed':
      return facts.message ?? 'The signature is not whole.';
  }
}

/** `'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.` */
function notSigned(header: string): string {
  const name = header.replace(/(^|-)./g, (letter) => letter.toUpperCase());
  return `'${name}'${header === 'host' ? " or ':authority'" : ''} must be a 'SignedHeader' in the AWS Authorization.`;
}
