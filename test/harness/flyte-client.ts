import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadAgentProtos } from '../../src/flyte/connector/grpc/load-protos.ts';
import { jsonToStruct, structToJson } from '../../src/flyte/connector/literals/struct.ts';
import type {
  CreateTaskRequest,
  Literal,
  LiteralType,
  Resource,
  TaskRequest,
} from '../../src/flyte/connector/messages.ts';
import type { Json } from '../../src/graph/index.ts';

/** A client of a connector, by Flyte's own protocol files, as Propeller asks it. Dispose of it. */
export class FlyteClient implements Disposable {
  readonly #async: Client;
  readonly #sync: Client;
  readonly #metadata: Client;

  private constructor(services: Record<string, ServiceClient>, address: string) {
    const open = (name: string): Client =>
      new (services[name] as ServiceClient)(address, credentials.createInsecure());
    this.#async = open('AsyncAgentService');
    this.#sync = open('SyncAgentService');
    this.#metadata = open('AgentMetadataService');
  }

  static async connect(port: number): Promise<FlyteClient> {
    const root = loadPackageDefinition(loadAgentProtos()) as unknown as {
      flyteidl: { service: Record<string, ServiceClient> };
    };
    return new FlyteClient(root.flyteidl.service, `127.0.0.1:${port}`);
  }

  async create(request: CreateTaskRequest): Promise<Buffer> {
    return (await call<{ resourceMeta: Buffer }>(this.#async, 'createTask', request)).resourceMeta;
  }

  /** @param type for connectors that ask for it. @default none */
  async get(resourceMeta: Buffer, type?: string): Promise<Resource> {
    const { resource } = await call<{ resource: Resource }>(this.#async, 'getTask', {
      resourceMeta,
      ...(type !== undefined && { taskType: type, taskCategory: { name: type, version: 0 } }),
    });
    return resource;
  }

  async delete(resourceMeta: Buffer): Promise<void> {
    await call(this.#async, 'deleteTask', { resourceMeta });
  }

  async metrics(resourceMeta: Buffer, queries: readonly string[] = []): Promise<Json[]> {
    const answer = await call<{ results?: { metric: string; data: never }[] }>(
      this.#async,
      'getTaskMetrics',
      { resourceMeta, queries } satisfies TaskRequest,
    );
    return (answer.results ?? []).map(({ metric, data }) => ({ metric, data: structToJson(data) }));
  }

  /** The lines, and the token by which the next request goes on. */
  async logs(request: TaskRequest): Promise<{ lines: string[]; token: string | undefined }> {
    const lines: string[] = [];
    let token: string | undefined;
    const stream = methodOf(this.#async, 'getTaskLogs')(request) as AsyncIterable<{
      body?: { structuredLines?: { message: string }[] };
      header?: { token: string };
    }>;
    for await (const { body, header } of stream) {
      lines.push(...(body?.structuredLines ?? []).map(({ message }) => message));
      token = header?.token ?? token;
    }
    return { lines, token };
  }

  async agents(): Promise<{ name: string; isSync?: boolean; supportedTaskCategories: { name: string }[] }[]> {
    return (await call<{ agents: never[] }>(this.#metadata, 'listAgents', {})).agents;
  }

  /** A task that is one request. */
  async execute({ inputs, ...header }: CreateTaskRequest): Promise<Resource> {
    const stream = methodOf(this.#sync, 'executeTaskSync')() as AsyncIterable<{
      header?: { resource: Resource };
    }> & { write(part: object): void; end(): void };
    stream.write({ header });
    if (inputs) stream.write({ inputs });
    stream.end();
    for await (const { header: answer } of stream) if (answer) return answer.resource;
    throw new Error('The connector has answered nothing.');
  }

  /** Asks until the task has ended. */
  async untilEnded(resourceMeta: Buffer, type?: string): Promise<Resource> {
    for (;;) {
      const resource = await this.get(resourceMeta, type);
      if (/SUCCEEDED|FAILED|ABORTED/.test(resource.phase)) return resource;
      await sleep(50);
    }
  }

  [Symbol.dispose](): void {
    for (const client of [this.#async, this.#sync, this.#metadata]) client.close();
  }
}

type ServiceClient = new (address: string, credentials: unknown) => Client;

function methodOf(client: Client, method: string): (...given: unknown[]) => unknown {
  const found = (client as unknown as Record<string, (...given: unknown[]) => unknown>)[method];
  if (!found) throw new Error(`No method '${method}'.`);
  return found.bind(client);
}

/** Calls a method that has one answer. */
export function call<Answer>(client: Client, method: string, request: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  methodOf(client, method)(request, (error: Error | null, answer: Answer) =>
    error ? reject(error) : resolve(answer),
  );
  return promise;
}

/** What a request says of its task, beside `custom`. */
export interface TaskSpec {
  readonly type: string;
  readonly custom?: { readonly [key: string]: Json };
  readonly inputs?: Readonly<Record<string, Literal>>;
  readonly outputs?: Readonly<Record<string, LiteralType>>;
  readonly execution?: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** flytekit's. @default '1.16.31' */
  readonly version?: string;
}

/** A CreateTaskRequest as Propeller makes them. */
export function createRequest(spec: TaskSpec): CreateTaskRequest {
  const { type, custom = {}, inputs = {}, outputs = {}, labels = {}, version = '1.16.31' } = spec;
  const { execution = 'exec1', node = 'n0', attempt = 0 } = spec;
  const project = { project: 'demo', domain: 'development' };
  return {
    inputs: { literals: inputs },
    outputPrefix: `s3://flyte-metadata/${execution}/${node}/data/${attempt}`,
    template: {
      type,
      id: { ...project, name: 'flows.train', version: 'v1' },
      metadata: { runtime: { type: 'FLYTE_SDK', version, flavor: 'python' } },
      interface: {
        outputs: {
          variables: Object.fromEntries(
            Object.entries(outputs).map(([name, outputType]) => [name, { type: outputType }]),
          ),
        },
      },
      custom: jsonToStruct(custom),
    },
    taskExecutionMetadata: {
      taskExecutionId: {
        nodeExecutionId: { nodeId: node, executionId: { ...project, name: execution } },
        retryAttempt: attempt,
      },
      labels,
    },
  };
}

/** A literal that is one text. */
export function text(stringValue: string): Literal {
  return { scalar: { primitive: { stringValue } } };
}
