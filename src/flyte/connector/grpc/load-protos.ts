import type { MethodDefinition, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { errorMessage } from '../../../core/errors.ts';
import { loadProtos } from '../../protos/index.ts';

/** The services of the connector in Flyte 1, whose names still say "agent". */
export function loadAgentProtos(): PackageDefinition {
  return loadProtos(['flyteidl/service/agent.proto']);
}

/** What begins a task: whoever asks for what cannot be read is told by the task that it has failed. */
const BEGINNINGS: ReadonlySet<string> = new Set(['CreateTask', 'ExecuteTaskSync']);

/**
 * One service of a package, as it is served. A request for a task that cannot be read, since it is nested too deep for
 * one, is `{ unreadable }` with the reason: gRPC's own answer would be INTERNAL, which Flyte would try again.
 */
export function servedService(protos: PackageDefinition, name: string): ServiceDefinition {
  const methods = Object.entries(serviceOf(protos, name)).map(([method, definition]) => [
    method,
    BEGINNINGS.has(method) ? tolerant(definition) : definition,
  ]);
  return Object.fromEntries(methods) as ServiceDefinition;
}

function tolerant(definition: MethodDefinition<object, object>): MethodDefinition<object, object> {
  return {
    ...definition,
    requestDeserialize: (bytes) => {
      try {
        return definition.requestDeserialize(bytes);
      } catch (error) {
        return { unreadable: errorMessage(error) };
      }
    },
  };
}

/** One service of a package. */
export function serviceOf(protos: PackageDefinition, name: string): ServiceDefinition {
  const service = protos[name];
  if (!service || 'format' in service) throw new Error(`The protocol has no service '${name}'.`);
  return service;
}
