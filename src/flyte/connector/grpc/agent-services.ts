/**
 * `flyteidl.service` of Flyte 1.16: AsyncAgentService, SyncAgentService and AgentMetadataService.
 *
 * @see https://github.com/flyteorg/flyte/blob/v1.16.8/flyteidl/protos/flyteidl/service/agent.proto
 */
import type { ServerDuplexStream, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Connector } from '../connector.ts';
import type { ConnectorMetrics } from '../connector-metrics.ts';
import type { CreateTaskRequest, LiteralMap, TaskRequest } from '../messages.ts';
import { agentsOf, findAgent } from './agents.ts';
import { serviceError, unary } from './answer.ts';
import { metricResults } from './metric-results.ts';
import { sendLogs } from './send-logs.ts';

/** What answers the calls of each service, by the service's name. */
export function agentServices(
  connector: Connector,
  metrics: ConnectorMetrics,
): Readonly<Record<string, UntypedServiceImplementation>> {
  return {
    'flyteidl.service.AsyncAgentService': {
      CreateTask: unary('CreateTask', metrics, async (request: CreateTaskRequest) => ({
        resourceMeta: await connector.create(request),
      })),
      GetTask: unary('GetTask', metrics, async ({ resourceMeta }: TaskRequest) => ({
        resource: await connector.get(resourceMeta),
      })),
      DeleteTask: unary('DeleteTask', metrics, async ({ resourceMeta }: TaskRequest) => {
        await connector.delete(resourceMeta);
        return {};
      }),
      GetTaskMetrics: unary('GetTaskMetrics', metrics, async (request: TaskRequest) => ({
        results: metricResults(await connector.metrics(request.resourceMeta), request.queries),
      })),
      GetTaskLogs: (call: ServerWritableStream<TaskRequest, object>) =>
        void sendLogs(connector, call, 'structuredLines'),
    },
    'flyteidl.service.SyncAgentService': {
      ExecuteTaskSync: (call: SyncCall) => void execute(connector, call),
    },
    'flyteidl.service.AgentMetadataService': {
      ListAgents: unary('ListAgents', metrics, async () => ({ agents: agentsOf(connector.types) })),
      GetAgent: unary('GetAgent', metrics, async ({ name = '' }: { name?: string }) => ({
        agent: findAgent(connector.types, name),
      })),
    },
  };
}

/** flyteidl.admin.ExecuteTaskSyncRequest */
interface SyncPart {
  readonly header?: Omit<CreateTaskRequest, 'inputs'>;
  readonly inputs?: LiteralMap;
  readonly unreadable?: string;
}

type SyncCall = ServerDuplexStream<SyncPart, object>;

/** One request comes in parts, the header first; one answer goes. */
async function execute(connector: Connector, call: SyncCall): Promise<void> {
  try {
    const request: { -readonly [Member in keyof CreateTaskRequest]: CreateTaskRequest[Member] } = {};
    for await (const { header, inputs, unreadable } of call as AsyncIterable<SyncPart>) {
      Object.assign(request, header);
      if (unreadable !== undefined) request.unreadable = unreadable;
      if (inputs) request.inputs = inputs;
    }
    call.write({ header: { resource: await connector.execute(request) } });
    call.end();
  } catch (error) {
    call.emit('error', serviceError(error));
  }
}
