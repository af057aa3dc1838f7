import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/**
 * Serves gRPC's reflection of services.
 *
 * By design: what it answers from is made when somebody asks. Few ever do, and it takes as much memory as all else that
 * an idle connector has.
 */
export function addReflection(server: Server, protos: PackageDefinition): void {
  let made: readonly Service[] | undefined;
  servicesOf({}).forEach(({ definition, handlers }, at) => {
    const answer = (name: string, call: unknown): void => {
      made ??= servicesOf({ all: { fileDescriptorProtos: filesOf(protos) } as never });
      (made[at] as Service).handlers[name]?.(call);
    };
    const later = Object.keys(handlers).map((name) => [name, (call: unknown) => answer(name, call)]);
    server.addService(definition, Object.fromEntries(later) as UntypedServiceImplementation);
  });
}

interface Service {
  readonly definition: ServiceDefinition;
  readonly handlers: Readonly<Record<string, (call: unknown) => void>>;
}

/** What a reflection of some services would add to a server. */
function servicesOf(protos: PackageDefinition): Service[] {
  const services: Service[] = [];
  const taker = {
    addService: (definition: ServiceDefinition, handlers: Service['handlers']) =>
      services.push({ definition, handlers }),
  };
  new ReflectionService(protos).addToServer(taker);
  return services;
}

/** Each definition names all the files: the library reads each of them again. */
function filesOf(protos: PackageDefinition): Buffer[] {
  return [
    ...new Set(
      Object.values(protos).flatMap((definition) =>
        'fileDescriptorProtos' in definition ? (definition.fileDescriptorProtos as Buffer[]) : [],
      ),
    ),
  ];
}
