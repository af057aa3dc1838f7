import { loadProtos, type MessageCodec, messageCodec } from '../../protos/index.ts';

/** The services that registration talks to, with all their messages. */
export function adminProtos(): ReturnType<typeof loadProtos> {
  return loadProtos([
    'flyteidl/service/admin.proto',
    'flyteidl/service/auth.proto',
    'flyteidl/service/dataproxy.proto',
  ]);
}

/** A message of `flyteidl.admin` that is written to a file. */
export type AdminMessage = 'TaskSpec' | 'WorkflowSpec' | 'LaunchPlan';

/** How messages of `flyteidl.admin` become bytes. */
export function admin(type: AdminMessage): MessageCodec<object> {
  return messageCodec(adminProtos(), `flyteidl.admin.${type}`);
}
