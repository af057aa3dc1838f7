import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../core/sigv4.ts';
import { AwsError } from './wire/aws-error.ts';
import { SignatureError } from './wire/signature-error.ts';
import { verifySignature } from './wire/sigv4.ts';

/** AWS's codes for a refused signature, in its services other than S3. */
const codes: Readonly<Record<SignatureError['code'], string>> = {
  AccessDenied: 'MissingAuthenticationTokenException',
  AuthorizationHeaderMalformed: 'IncompleteSignatureException',
  AuthorizationQueryParametersError: 'IncompleteSignatureException',
  InvalidAccessKeyId: 'UnrecognizedClientException',
  RequestTimeTooSkewed: 'InvalidSignatureException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
};

const messages: Partial<Record<SignatureError['code'], string>> = {
  AccessDenied: 'Missing Authentication Token',
  InvalidAccessKeyId: 'The security token included in the request is invalid.',
};

/**
 * Holds requests to the services beside S3 against the configured credentials.
 *
 * @returns throws AwsError, status 400 or 403, where a signature does not hold.
 */
export function authorizeWith(
  credentials: Credentials,
): (request: IncomingMessage, body: Uint8Array) => void {
  return ({ method = 'GET', url = '/', headers }, body) => {
    const payloadHash = createHash('sha256').update(body).digest('hex');
    try {
      verifySignature({ method, url, headers, payloadHash }, credentials);
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
      throw new AwsError(codes[error.code], messages[error.code] ?? error.message, 403);
    }
  };
}
