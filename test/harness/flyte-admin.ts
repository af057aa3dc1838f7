import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { adminProtos } from '../../src/flyte/registration/admin/admin-protos.ts';
import { OAuthServer } from './oauth-server.ts';

/** A message as the protos give it, of every kind. */
// oxlint-disable-next-line typescript/no-explicit-any
type Message = any;

/** How the stand-in is set up. */
export interface FlyteAdminSetup {
  /** Lets in only who has a token of its own authorization server. @default false */
  readonly auth?: boolean;
  /** @default 100 */
  readonly maxWorkflowNodes?: number;
  /** PEM. @default without TLS */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
}

/** An object that was uploaded by a signed URL. */
export interface Uploaded {
  readonly body: Buffer;
  readonly md5: string;
}

const METHODS = { CreateTask: 'TASK', CreateWorkflow: 'WORKFLOW', CreateLaunchPlan: 'LAUNCH_PLAN' } as const;

/**
 * A small FlyteAdmin on its real stubs: it keeps what is registered, and refuses what FlyteAdmin's validation refuses, in
 * its words. Dispose of it.
 *
 * @see https://github.com/flyteorg/flyte/tree/v1.16.8/flyteadmin/pkg/manager/impl/validation
 */
export class FakeFlyteAdmin implements AsyncDisposable {
  /** What is registered, by `TASK name version`. */
  readonly entities = new Map<string, Message>();
  /** Launch plans that are active. */
  readonly active: string[] = [];
  /** By native URL. */
  readonly uploads = new Map<string, Uploaded>();
  /** Executions by name: what GetExecution answers. */
  readonly executions = new Map<string, Message>();
  /** What ListNodeExecutions answers, and ListTaskExecutions by node. */
  nodes: Message[] = [];
  attempts: Record<string, Message[]> = {};
  outputs: Message = {};
  /** Called with the name of each RPC of the admin service. */
  onCall: (method: string) => void = () => undefined;
  /** Errors that the next requests get. */
  readonly failures: Partial<StatusObject>[] = [];
  readonly oauth: OAuthServer;
  port = 0;
  readonly #setup: FlyteAdminSetup;
  readonly #grpc = new Server();
  readonly #http: HttpServer;

  private constructor(setup: FlyteAdminSetup, oauth: OAuthServer) {
    this.#setup = setup;
    this.oauth = oauth;
    this.#http = createServer((request, response) => void this.#store(request, response));
  }

  static async start(setup: FlyteAdminSetup = {}): Promise<FakeFlyteAdmin> {
    const admin = new FakeFlyteAdmin(setup, await OAuthServer.start());
    await admin.#listen();
    return admin;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  registered(type: 'TASK' | 'WORKFLOW' | 'LAUNCH_PLAN'): Message[] {
    return [...this.entities].filter(([key]) => key.startsWith(`${type} `)).map(([, entity]) => entity);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#grpc.forceShutdown();
    this.#http.close();
    this.#http.closeAllConnections();
    await this.oauth[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    this.#serve('AuthMetadataService', this.oauth.metadata(), false);
    this.#serve('DataProxyService', { CreateUploadLocation: (request) => this.#locate(request) });
    this.#serve('AdminService', this.#admin());
    const bound = Promise.withResolvers<number>();
    const { tls } = this.#setup;
    const credentials = tls
      ? ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }])
      : ServerCredentials.createInsecure();
    this.#grpc.bindAsync('127.0.0.1:0', credentials, (error, port) =>
      error ? bound.reject(error) : bound.resolve(port),
    );
    this.port = await bound.promise;
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  #serve(name: string, methods: Record<string, (request: Message) => Message>, guarded = true): void {
    const definition = adminProtos()[`flyteidl.service.${name}`] as unknown as ServiceDefinition;
    const implementation: UntypedServiceImplementation = Object.fromEntries(
      Object.entries(methods).map(([method, answer]) => [
        method,
        (call: Message, respond: (error: Partial<StatusObject> | null, answer?: Message) => void) => {
          try {
            if (guarded) this.#letIn(call.metadata as Metadata);
            const failure = guarded ? this.failures.shift() : undefined;
            if (failure) return respond({ metadata: new Metadata(), ...failure });
            if (guarded) this.onCall(method);
            respond(null, answer(call.request));
          } catch (error) {
            respond(error as Partial<StatusObject>);
          }
        },
      ]),
    );
    this.#grpc.addService(definition, implementation);
  }

  #letIn(metadata: Metadata): void {
    if (!this.#setup.auth) return;
    const [header] = metadata.get('flyte-authorization');
    const token = String(header ?? '').replace(/^Bearer /, '');
    if (!this.oauth.isGood(token))
      refuse(status.UNAUTHENTICATED, 'token parse error [JWT_VERIFICATION_FAILED]');
  }

  #admin(): Record<string, (request: Message) => Message> {
    const creates = Object.entries(METHODS).map(([method, type]) => [
      method,
      (request: Message) => this.#create(type, request),
    ]);
    return {
      ...(Object.fromEntries(creates) as Record<string, (request: Message) => Message>),
      UpdateLaunchPlan: ({ id, state }) => {
        if (state === 'ACTIVE') this.active.push(`${id.name} ${id.version}`);
        return {};
      },
      GetTask: ({ id }) => this.#find('TASK', id),
      GetWorkflow: ({ id }) => this.#find('WORKFLOW', id),
      GetLaunchPlan: ({ id }) => this.#find('LAUNCH_PLAN', id),
      CreateExecution: (request) => this.#launch(request),
      GetExecution: ({ id }) => this.#execution(id),
      GetExecutionData: () => ({ fullOutputs: this.outputs }),
      TerminateExecution: ({ id, cause }) => {
        const execution = this.#execution(id);
        execution.closure = { phase: 'ABORTED', abortMetadata: { cause, principal: 'tester' } };
        return {};
      },
      ListNodeExecutions: ({ limit, token }) => page('nodeExecutions', this.nodes, limit, token),
      ListTaskExecutions: ({ nodeExecutionId, limit, token }) =>
        page('taskExecutions', this.attempts[nodeExecutionId.nodeId] ?? [], limit, token),
    };
  }

  #create(type: string, request: Message): Message {
    const { id, spec } = request;
    if (id?.resourceType !== type)
      invalid(`unexpected resource type for identifier, expected ${type.toLowerCase()}`);
    for (const field of ['project', 'domain', 'name', 'version']) if (!id[field]) invalid(`missing ${field}`);
    expectPlace(id);
    if (!spec) invalid('missing spec');
    if (type === 'TASK') checkTask(spec.template);
    if (type === 'WORKFLOW') this.#checkWorkflow(id, spec.template);
    if (type === 'LAUNCH_PLAN') this.#checkLaunchPlan(spec);
    const key = `${type} ${id.name} ${id.version}`;
    const known = this.entities.get(key);
    const kind = type.toLowerCase().replace('_', ' ');
    if (known && isDeepStrictEqual(known, request))
      refuse(status.ALREADY_EXISTS, `${kind} with identical structure already exists`);
    if (known)
      invalid(
        `${id.name} ${kind} with different structure already exists. (Please register a new version of the ${kind}):\n`,
      );
    this.entities.set(key, request);
    return {};
  }

  #checkWorkflow(id: Message, template: Message): void {
    const { maxWorkflowNodes = 100 } = this.#setup;
    const nodes: Message[] = template.nodes ?? [];
    if (nodes.length > maxWorkflowNodes)
      invalid(
        `number of nodes in workflow [${id.name}] exceeds limit (${nodes.length} > ${maxWorkflowNodes})`,
      );
    for (const node of nodes) {
      const task = node.taskNode.referenceId;
      if (!this.entities.has(`TASK ${task.name} ${task.version}`))
        refuse(status.NOT_FOUND, `missing entity of type TASK with identifier ${task.name}`);
    }
  }

  #checkLaunchPlan({ workflowId, defaultInputs, entityMetadata }: Message): void {
    if (!this.entities.has(`WORKFLOW ${workflowId.name} ${workflowId.version}`))
      refuse(status.NOT_FOUND, `missing entity of type WORKFLOW with identifier ${workflowId.name}`);
    for (const [name, parameter] of Object.entries<Message>(defaultInputs?.parameters ?? {})) {
      if (!parameter.var?.type) invalid(`The Variable component of the Parameter ${name} is missing`);
      if (parameter.default === undefined && parameter.required !== true)
        invalid(
          `Invalid variable ${name} in default_inputs - variable has neither default, nor is required.`,
        );
      if (parameter.required === true && entityMetadata?.schedule)
        invalid(
          `Cannot create a launch plan with a schedule if there is an unbound required input. [${name}] is required`,
        );
    }
  }

  /** With what FlyteAdmin keeps of the compiler's work, as far as flytekit reads it. */
  #find(type: string, id: Message): Message {
    const found = this.entities.get(`${type} ${id.name} ${id.version}`);
    if (!found) refuse(status.NOT_FOUND, `missing entity of type ${type} with identifier ${id.name}`);
    const { spec } = found;
    if (type === 'TASK') return { id, closure: { compiledTask: { template: spec.template } } };
    if (type === 'LAUNCH_PLAN') return { id, spec, closure: { state: 'ACTIVE' } };
    const tasks = this.registered('TASK').map((task) => ({ template: task.spec.template }));
    return { id, closure: { compiledWorkflow: { primary: { template: spec.template }, tasks } } };
  }

  #launch({ project, domain, name, spec, inputs }: Message): Message {
    expectPlace({ project, domain });
    const { launchPlan } = spec;
    const plan = this.entities.get(`LAUNCH_PLAN ${launchPlan.name} ${launchPlan.version}`);
    if (!plan)
      refuse(status.NOT_FOUND, `missing entity of type LAUNCH_PLAN with identifier ${launchPlan.name}`);
    for (const [input, parameter] of Object.entries<Message>(plan.spec.defaultInputs?.parameters ?? {}))
      if (parameter.required && !inputs?.literals?.[input]) invalid(`required input ${input} is missing`);
    const id = {
      project,
      domain,
      name: name || `f${createHash('md5').update(launchPlan.version).digest('hex').slice(0, 19)}`,
    };
    this.executions.set(id.name, { id, spec, inputs, closure: { phase: 'QUEUED' } });
    return { id };
  }

  #execution({ name }: Message): Message {
    const found = this.executions.get(name);
    if (!found) refuse(status.NOT_FOUND, `missing entity of type execution with identifier name:"${name}"`);
    return found;
  }

  #locate({ project, domain, filename, filenameRoot, contentMd5 }: Message): Message {
    if (!project || !domain) invalid('project and domain are required parameters');
    if (!contentMd5?.length) invalid('content_md5 or filename_root is a required parameter');
    const nativeUrl = `s3://flyte/${project}/${domain}/${filenameRoot}/${filename}`;
    const md5 = contentMd5.toString('base64');
    const known = this.uploads.get(nativeUrl);
    if (known && known.md5 !== md5)
      refuse(
        status.ALREADY_EXISTS,
        `file already exists at location [${nativeUrl}], specify a matching hash if you wish to rewrite`,
      );
    const { port } = this.#http.address() as AddressInfo;
    const query = new URLSearchParams({ place: nativeUrl, md5 });
    return {
      nativeUrl,
      signedUrl: `http://127.0.0.1:${port}/put?${query}`,
      headers: { 'x-amz-meta-of': 'flyte' },
    };
  }

  /** A store that takes what its signed URL was made for. */
  async #store(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams } = new URL(request.url ?? '/', 'http://store');
    const body = await buffer(request);
    const md5 = createHash('md5').update(body).digest('base64');
    const isSigned =
      request.method === 'PUT' &&
      request.headers['content-md5'] === searchParams.get('md5') &&
      request.headers['x-amz-meta-of'] === 'flyte';
    if (!isSigned || md5 !== searchParams.get('md5'))
      return void response.writeHead(403).end('<Code>SignatureDoesNotMatch</Code>');
    this.uploads.set(searchParams.get('place') ?? '', { body, md5 });
    response.end();
  }
}

function checkTask(template: Message): void {
  const { type, metadata, interface: own, container } = template ?? {};
  if (!type) invalid('missing type');
  if (!metadata) invalid('missing metadata');
  if (metadata.runtime && !metadata.runtime.version) invalid('missing runtime version');
  if (!own) invalid('missing typed interface');
  if (container && !container.image) invalid('missing image');
  if (container?.resources?.requests?.length)
    invalid(
      'Requested MEMORY default [8Gi] is greater than current limit set in the platform configuration [1Gi].',
    );
}

function expectPlace({ project, domain }: { project: string; domain: string }): void {
  if (project !== 'flytesnacks')
    invalid(
      `failed to validate that project [${project}] and domain [${domain}] are registered, err: [missing entity]`,
    );
  if (domain !== 'development') invalid(`domain [${domain}] is unrecognized by system`);
}

function page(member: string, items: Message[], limit: number, token: string): Message {
  const from = Number(token || 0);
  const next = from + Math.min(limit, 2);
  return { [member]: items.slice(from, next), token: next < items.length ? String(next) : '' };
}

function invalid(details: string): never {
  return refuse(status.INVALID_ARGUMENT, details);
}

function refuse(code: status, details: string): never {
  throw { code, details, metadata: new Metadata() };
}
