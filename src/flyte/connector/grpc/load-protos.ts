import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Options, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';

/** Where the messages of Flyte's protocol are described, and those of Google that they use. */
export function protoDirectories(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return [
    join(dirname(resolve('@flyteorg/flyteidl/package.json')), 'protos'),
    dirname(resolve('protobufjs/package.json')),
  ];
}

/** As `messages.ts` has them: absent members are absent, 64-bit integers and enumerations are text. */
export const PROTO_OPTIONS: Options = { keepCase: false, longs: String, enums: String, defaults: false };

/** The services of the connector in Flyte 1, whose names still say "agent". */
export async function loadAgentProtos(): Promise<PackageDefinition> {
  const { load } = await import('@grpc/proto-loader');
  return load('flyteidl/service/agent.proto', { ...PROTO_OPTIONS, includeDirs: protoDirectories() });
}

/** One service of a package. */
export function serviceOf(protos: PackageDefinition, name: string): ServiceDefinition {
  const service = protos[name];
  if (!service || 'format' in service) throw new Error(`The protocol has no service '${name}'.`);
  return service as ServiceDefinition;
}
