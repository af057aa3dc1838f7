/**
 * `flyteidl2.connector` of Flyte 2: AsyncConnectorService and ConnectorMetadataService. Its messages are those of Flyte 1,
 * but for lists of named values in no order where that has maps.
 *
 * By design: secrets and settings of a Connection are not read. What a task may use is the connector's own configuration.
 */
import type { ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Connector } from '../connector.ts';
import type { ConnectorMetrics } from '../connector-metrics.ts';
import type {
  CreateTaskRequest,
  Literal,
  LiteralMap,
  LiteralType,
  Resource,
  TaskRequest,
  TaskTemplate,
} from '../messages.ts';
import { isSync } from '../task-type.ts';
import { agentsOf, findAgent } from './agents.ts';
import { unary } from './answer.ts';
import { metricResults } from './metric-results.ts';
import { sendLogs } from './send-logs.ts';

/** flyteidl2.task.NamedLiteral */
interface NamedLiteral {
  readonly name?: string;
  readonly value?: Literal;
}

/** flyteidl2.connector.CreateTaskRequest */
type CreateTaskRequest2 = Omit<CreateTaskRequest, 'inputs' | 'template'> & {
  readonly inputs?: { readonly literals?: readonly NamedLiteral[] };
  readonly template?: Omit<TaskTemplate, 'interface'> & {
    readonly interface?: { readonly outputs?: { readonly variables?: readonly VariableEntry[] } };
  };
};

interface VariableEntry {
  readonly key?: string;
  readonly value?: { readonly type?: LiteralType };
}

/** What answers the calls of each service, by the service's name. */
export function connectorServices(
  connector: Connector,
  metrics: ConnectorMetrics,
): Readonly<Record<string, UntypedServiceImplementation>> {
  const types = Object.fromEntries(Object.entries(connector.types).filter(([, type]) => !isSync(type)));
  return {
    'flyteidl2.connector.AsyncConnectorService': {
      CreateTask: unary('CreateTask', metrics, async (request: CreateTaskRequest2) => ({
        resourceMeta: await connector.create(readRequest(request)),
      })),
      GetTask: unary('GetTask', metrics, async ({ resourceMeta }: TaskRequest) => ({
        resource: writeResource(await connector.get(resourceMeta)),
      })),
      DeleteTask: unary('DeleteTask', metrics, async ({ resourceMeta }: TaskRequest) => {
        await connector.delete(resourceMeta);
        return {};
      }),
      GetTaskMetrics: unary('GetTaskMetrics', metrics, async (request: TaskRequest) => ({
        results: metricResults(await connector.metrics(request.resourceMeta), request.queries),
      })),
      GetTaskLogs: (call: ServerWritableStream<TaskRequest, object>) =>
        void sendLogs(connector, call, 'lines'),
    },
    'flyteidl2.connector.ConnectorMetadataService': {
      ListConnectors: unary('ListConnectors', metrics, async () => ({ connectors: agentsOf(types) })),
      GetConnector: unary('GetConnector', metrics, async ({ name = '' }: { name?: string }) => ({
        connector: findAgent(types, name),
      })),
    },
  };
}

function readRequest({ inputs, template, ...request }: CreateTaskRequest2): CreateTaskRequest {
  const { interface: own, ...others } = template ?? {};
  const literals = (inputs?.literals ?? []).map(({ name = '', value = {} }) => [name, value] as const);
  const variables = (own?.outputs?.variables ?? []).map(({ key = '', value = {} }) => [key, value] as const);
  return {
    ...request,
    inputs: { literals: Object.fromEntries(literals) },
    ...(template && {
      template: { ...others, interface: { outputs: { variables: Object.fromEntries(variables) } } },
    }),
  };
}

function writeResource({ outputs, ...resource }: Resource): object {
  return { ...resource, ...(outputs && { outputs: { literals: namedLiterals(outputs) } }) };
}

function namedLiterals({ literals = {} }: LiteralMap): NamedLiteral[] {
  return Object.entries(literals).map(([name, value]) => ({ name, value }));
}
