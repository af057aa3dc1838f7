import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Account } from '../../core/account.ts';
import type { AccessKey, Keyring } from '../wire/keyring.ts';
import { formOf } from '../wire/query-service.ts';
import { factsOf } from '../wire/request-facts.ts';
import { type ServiceName, serviceName, signedService } from '../wire/service-name.ts';
import { SignatureError } from '../wire/signature-error.ts';
import { admitSignature } from '../wire/sigv4.ts';
import { targetOperation } from '../wire/target-operation.ts';
import { awsSignatureError } from './aws-signature-error.ts';
import { checkRights, type JobAccess } from './check-rights.ts';

/** What requests to the services beside S3 are held against. */
export interface AuthorizeOptions {
  readonly keyring: Keyring;
  readonly account: Account;
  /** @default 'data' */
  readonly jobAccess?: JobAccess;
  /** Whether roles may do what their policies allow alone. @default false */
  readonly enforced?: boolean;
}

/**
 * Looks whether a request is allowed, as far as that can be told without its body, which a stranger may have made large.
 *
 * @param own the server's own API, where it is for that
 * @returns looks at the rest, once the body is there, or what the signature says of one that is not held @throws AwsError
 * @throws AwsError
 */
export type Authorize = (
  request: IncomingMessage,
  own?: 'sluice',
) => Promise<(body: Uint8Array | { readonly hash: string }) => AccessKey | undefined>;

/** As credential scopes name the services. */
const SIGNING_NAMES: Readonly<Record<Exclude<ServiceName, 'unknown'> | 'sluice', string>> = {
  sluice: 'sluice',
  sagemaker: 'sagemaker',
  runtime: 'sagemaker',
  logs: 'logs',
  monitoring: 'monitoring',
  scaling: 'application-autoscaling',
  ecr: 'ecr',
  sts: 'sts',
  iam: 'iam',
};

/** Services with one endpoint for the whole world: clients sign for us-east-1, wherever they are. */
const GLOBAL_REGION: Readonly<Partial<Record<ServiceName | 'sluice', string>>> = {
  sts: 'us-east-1',
  iam: 'us-east-1',
};

/** Holds requests to the services beside S3 against the configured keys, and jobs against what they may do. */
export function authorizeWith({
  keyring,
  account,
  jobAccess = 'data',
  enforced = false,
}: AuthorizeOptions): Authorize {
  return async (request, own) => {
    const service = own ?? serviceName(request) ?? 'unknown';
    const { method = 'GET', url = '/', headers } = request;
    const demand = {
      // What is not served is told so, whatever it was signed for.
      service: service === 'unknown' ? (signedService(request) ?? '') : SIGNING_NAMES[service],
      regions: [account.region, ...(GLOBAL_REGION[service] ? [GLOBAL_REGION[service]] : [])],
    };
    const prove = await admitSignature({ method, url, headers }, keyring, demand).catch(refuse);
    return (body) => {
      const key = proven(
        () => prove?.('hash' in body ? body.hash : createHash('sha256').update(body).digest('hex')).key,
      );
      if (!key) return undefined;
      factsOf(request).key = key.name;
      const operation = targetOperation(headers) || formAction(url, body);
      checkRights(key, service, operation, { account, jobAccess, enforced });
      return key;
    };
  };
}

/** The operation that a form asks for. */
function formAction(url: string, body: Uint8Array | { readonly hash: string }): string {
  return 'hash' in body ? '' : (formOf({ url, body: Buffer.from(body) }).get('Action') ?? '');
}

function proven<T>(prove: () => T): T {
  try {
    return prove();
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  throw error instanceof SignatureError ? awsSignatureError(error) : error;
}
