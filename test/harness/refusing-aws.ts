import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What an operation is refused with, in AWS's words. */
export interface AwsRefusal {
  /** `AssumeRole`, `CreateTrainingJob`. */
  readonly operation: string;
  /** `ExpiredToken` */
  readonly code: string;
  readonly message: string;
  /** @default 400 */
  readonly status?: number;
}

/** An endpoint of AWS that says yes to everything but one operation. Dispose of it. */
export interface RefusingAws extends AsyncDisposable {
  readonly url: string;
  /** The operations that were asked for, in order. */
  readonly asked: string[];
  refusal: AwsRefusal | undefined;
}

const CREDENTIALS =
  '<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>';

/** What STS answers; S3 needs no words, and of SageMaker nothing else is asked. */
const RESULTS: Readonly<Record<string, string>> = {
  GetCallerIdentity: '<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me</Arn>',
  AssumeRole: `<Credentials>${CREDENTIALS}</Credentials>`,
};

/** Starts it on a free port. */
export async function startRefusingAws(): Promise<RefusingAws> {
  const server = createServer((request, response) => {
    void operationOf(request).then((operation) => {
      aws.asked.push(operation);
      const { refusal } = aws;
      const isQuery = Object.hasOwn(RESULTS, operation);
      response.setHeader('content-type', isQuery ? 'text/xml' : 'application/x-amz-json-1.1');
      if (refusal?.operation === operation) {
        response.statusCode = refusal.status ?? 400;
        return response.end(refused(refusal, isQuery));
      }
      return response.end(isQuery ? answered(operation) : operation === 'S3' ? '' : '{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const aws: RefusingAws = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    refusal: undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return aws;
}

/** By the header of the JSON protocol, or the form of the query protocol; else it is S3. */
async function operationOf(request: IncomingMessage): Promise<string> {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return String(target).replace(/^.*\./, '');
  return new URLSearchParams(body).get('Action') ?? 'S3';
}

function answered(operation: string): string {
  return `<${operation}Response><${operation}Result>${RESULTS[operation]}</${operation}Result></${operation}Response>`;
}

function refused({ code, message }: AwsRefusal, isQuery: boolean): string {
  if (!isQuery) return JSON.stringify({ __type: code, message });
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}
