import type { PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { loadProtos } from '../../protos/index.ts';

/** The services of the connector in Flyte 1, whose names still say "agent". */
export function loadAgentProtos(): PackageDefinition {
  return loadProtos(['flyteidl/service/agent.proto']);
}

/** One service of a package. */
export function serviceOf(protos: PackageDefinition, name: string): ServiceDefinition {
  const service = protos[name];
  if (!service || 'format' in service) throw new Error(`The protocol has no service '${name}'.`);
  return service;
}
