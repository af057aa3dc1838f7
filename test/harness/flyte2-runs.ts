import { Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { loadFlyteidl2Runs } from '../../src/flyte/protos/index.ts';

/** A message as the protos give it, of every kind. */
// oxlint-disable-next-line typescript/no-explicit-any
type Message = any;

/** The part of Flyte 2's control plane that begins runs, on its real stubs. Dispose of it. */
export interface Flyte2Runs extends AsyncDisposable {
  readonly endpoint: string;
  /** What CreateRun was asked for, in order. */
  readonly created: Message[];
}

/** Starts it. */
export async function startFlyte2Runs(): Promise<Flyte2Runs> {
  const protos = loadFlyteidl2Runs();
  const created: Message[] = [];
  const server = new Server();
  server.addService(protos['flyteidl2.workflow.RunService'] as unknown as ServiceDefinition, {
    CreateRun: ({ request }: Message, respond: (error: object | null, answer?: object) => void) => {
      const { projectId, runId } = request;
      const project = runId ? runId.project : projectId.name;
      const { domain } = runId ?? projectId;
      const name = runId?.name ?? `r${created.length}`;
      if (created.some((each) => each.runId?.name === name))
        return respond({ code: status.ALREADY_EXISTS, details: `run ${name} already exists` });
      created.push(request);
      respond(null, { run: { action: { id: { run: { project, domain, name }, name: 'a0' } } } });
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error ? reject(error) : resolve(port),
  );
  return {
    endpoint: `127.0.0.1:${await promise}`,
    created,
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}
