import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { accessesOf } from './access/access-of.ts';
import { askedOf, runtimeOperation } from './access/asked-of.ts';
import type { Authorize } from './access/authorize.ts';
import { queryError } from './access/aws-signature-error.ts';
import { type IamGate, NotAuthorized } from './access/iam-gate.ts';
import { createEcr } from './ecr/ecr.ts';
import { createIam, IAM_NAMESPACE } from './identity/iam.ts';
import { createSts, STS_NAMESPACE } from './identity/sts.ts';
import { createLogs } from './logs/logs.ts';
import { createMonitoring, monitoringErrorAnswer } from './monitoring/monitoring.ts';
import type { OperationContext } from './operations/operation.ts';
import { createRuntime } from './runtime/runtime.ts';
import { createSageMaker } from './sagemaker.ts';
import { createScaling } from './scaling/scaling.ts';
import { unknownService } from './unknown-service.ts';
import { AwsError } from './wire/aws-error.ts';
import { cborCall } from './wire/cbor-call.ts';
import type { Service, WireAnswer, WireRequest } from './wire/http.ts';
import { errorAnswer } from './wire/json-service.ts';
import type { AccessKey } from './wire/keyring.ts';
import { PAGE_HEADERS } from './wire/page-headers.ts';
import { queryErrorAnswer } from './wire/query-service.ts';
import { readBody } from './wire/read-body.ts';
import { factsOf } from './wire/request-facts.ts';
import { type ServiceName, serviceName } from './wire/service-name.ts';
import { targetOperation } from './wire/target-operation.ts';
import { toAwsError } from './wire/to-aws-error.ts';

/** What the services beside S3 are made of. */
export interface AwsApiOptions extends OperationContext {
  /** Tells of what is ignored in requests and of defects. */
  readonly log: (message: string) => void;
  /** Refuses a request whose signature is wrong. @throws AwsError. @default every request is accepted */
  readonly authorize?: Authorize | undefined;
  /** Holds requests against policies. @default they are not enforced */
  readonly gate?: IamGate | undefined;
  /** Whether only roles exist that were made. @default false */
  readonly enforced?: boolean | undefined;
  /** What credentials of assumed roles are made from. @default made at random */
  readonly secret?: string | undefined;
}

/** The services beside S3, on one port: SageMaker and its Runtime, its scaling, CloudWatch, its Logs, ECR, STS and IAM. */
export interface AwsApi {
  /** Whether a request is for one of them; otherwise it is for S3. */
  serves(request: IncomingMessage): boolean;
  /** Answers a request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Services that answer in XML. */
const QUERY_NAMESPACES: Readonly<Partial<Record<ServiceName, string>>> = {
  sts: STS_NAMESPACE,
  iam: IAM_NAMESPACE,
};

/** Makes the services. */
export function createAwsApi(options: AwsApiOptions): AwsApi {
  const runtime = createRuntime({
    ...options,
    allow: (request, caller) => requireAccess(options, 'runtime', request, Buffer.alloc(0), caller),
  });
  const monitoring = createMonitoring(options, options.log);
  const services: Record<Exclude<ServiceName, 'runtime'>, Service> = {
    sagemaker: createSageMaker(options, options.log),
    logs: createLogs(options, options.log),
    monitoring,
    scaling: createScaling(options, options.log),
    ecr: createEcr(options, options.log),
    sts: createSts(options, options.log),
    iam: createIam(options, options.log),
    unknown: unknownService,
  };
  return {
    serves: (request) => serviceName(request) !== undefined,
    async handle(request, response) {
      const name = serviceName(request) ?? 'unknown';
      const facts = factsOf(request);
      facts.service = name;
      if (name === 'runtime') {
        facts.operation = runtimeOperation(request);
        for (const [header, value] of Object.entries(PAGE_HEADERS)) response.setHeader(header, value);
        return runtime.handle(request, response);
      }
      send(response, await answer(options, name, services[name], request));
    },
  };
}

async function answer(
  options: AwsApiOptions,
  name: ServiceName,
  service: Service,
  request: IncomingMessage,
): Promise<WireAnswer> {
  const { method = 'GET', url = '/', headers } = request;
  const wire: WireRequest = { method, url, headers, body: Buffer.alloc(0), requestId: randomUUID() };
  try {
    noteOperation(request, service, targetOperation(headers) || cborCall(request)?.operation);
    const authorize = await options.authorize?.(request);
    const body = await readBody(request);
    noteOperation(request, service, formAction(body));
    const caller = authorize?.(body);
    await requireAccess(options, name, request, body, caller);
    return await service.handle({ ...wire, body, caller });
  } catch (error) {
    const refused = toAwsError(error, options.log);
    if (name === 'monitoring') return monitoringErrorAnswer(refused, wire);
    const namespace = QUERY_NAMESPACES[name];
    return namespace === undefined
      ? errorAnswer(refused, wire)
      : queryErrorAnswer({ namespace }, queryError(refused), wire);
  }
}

/** @throws AwsError `AccessDeniedException` */
async function requireAccess(
  { gate, account }: AwsApiOptions,
  service: ServiceName,
  request: IncomingMessage,
  body: Buffer,
  caller: AccessKey | undefined,
): Promise<void> {
  if (!gate || !caller || caller.holder === 'owner') return;
  const { headers, url = '/' } = request;
  const asked = await askedOf(service, { headers, url, body });
  const origin = { address: request.socket.remoteAddress, secure: 'encrypted' in request.socket };
  for (const access of accessesOf(asked, account))
    await gate.check(caller, access, origin).catch((error: unknown) => {
      throw error instanceof NotAuthorized ? new AwsError('AccessDeniedException', error.message) : error;
    });
}

/** Whoever makes names up must not fill the metrics with them. */
function noteOperation(request: IncomingMessage, service: Service, name: string | undefined): void {
  if (name !== undefined && service.operations.has(name)) factsOf(request).operation ??= name;
}

/** `GetCallerIdentity` of a form. */
function formAction(body: Buffer): string | undefined {
  return /(?:^|&)Action=([A-Za-z]{1,100})(?:&|$)/.exec(body.toString('latin1', 0, 2000))?.[1];
}

/** Writes the head at once, which is cheaper than header by header. */
function send(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  if (response.destroyed) return;
  const size = Buffer.byteLength(body);
  response.writeHead(status, { ...PAGE_HEADERS, ...headers, 'content-length': size });
  // Most answers are ASCII, which need not be encoded.
  if (typeof body === 'string' && size === body.length) response.end(body, 'latin1');
  else response.end(body);
}
