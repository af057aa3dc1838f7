import type { MethodDefinition } from '@grpc/grpc-js';
import { loadFlyteidl2Runs, loadProtos, type MessageCodec, messageCodec } from '../../protos/index.ts';

/** The services that registration talks to, with all their messages. */
export function adminProtos(): ReturnType<typeof loadProtos> {
  return loadProtos([
    'flyteidl/service/admin.proto',
    'flyteidl/service/auth.proto',
    'flyteidl/service/dataproxy.proto',
  ]);
}

/** A service of FlyteAdmin, or of Flyte 2's control plane. */
export type AdminService = 'AdminService' | 'AuthMetadataService' | 'DataProxyService' | 'RunService';

/** Which Flyte is talked to. */
export type FlyteVersion = 1 | 2;

/** A method of a service as the version of Flyte has it. */
export function adminMethod(
  version: FlyteVersion,
  service: AdminService,
  method: string,
): MethodDefinition<object, object> {
  const methods = version === 1 ? adminProtos()[`flyteidl.service.${service}`] : runServices()[service];
  return (methods as unknown as Readonly<Record<string, MethodDefinition<object, object>>>)[
    method
  ] as MethodDefinition<object, object>;
}

let runs: Readonly<Record<string, ReturnType<typeof loadFlyteidl2Runs>[string] | undefined>> | undefined;

function runServices(): NonNullable<typeof runs> {
  if (runs) return runs;
  const protos = loadFlyteidl2Runs();
  runs = {
    RunService: protos['flyteidl2.workflow.RunService'],
    AuthMetadataService: protos['flyteidl2.auth.AuthMetadataService'],
  };
  return runs;
}

/** A message of `flyteidl.admin` that is written to a file. */
export type AdminMessage = 'TaskSpec' | 'WorkflowSpec' | 'LaunchPlan';

/** How messages of `flyteidl.admin` become bytes. */
export function admin(type: AdminMessage): MessageCodec<object> {
  return messageCodec(adminProtos(), `flyteidl.admin.${type}`);
}
