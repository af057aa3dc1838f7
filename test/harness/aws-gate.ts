import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How requests are refused. */
export interface Refusal {
  /** Which: of `CreateTrainingJob`, the operation's name. */
  readonly operations: RegExp;
  /** `ThrottlingException` */
  readonly name: string;
  readonly message: string;
  /** @default 400 */
  readonly status?: number;
}

/** A way to an endpoint of AWS's JSON protocol, by which some operations can be refused. Dispose of it. */
export interface AwsGate extends AsyncDisposable {
  readonly url: string;
  /** The operations that were asked for, refused or not, in order. */
  readonly asked: string[];
  /** While it is set, what fits it is refused. */
  refusal: Refusal | undefined;
}

/** What AWS says to whoever asks too often. */
export const THROTTLED = { name: 'ThrottlingException', message: 'Rate exceeded' };

/** Makes a gate that leads to this URL. */
export async function openAwsGate(target: string): Promise<AwsGate> {
  const server = createServer((incoming, answer) => pass(gate, target, incoming, answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: AwsGate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    refusal: undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return gate;
}

function pass(gate: AwsGate, target: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const operation = String(incoming.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  if (operation !== '') gate.asked.push(operation);
  const { refusal } = gate;
  if (refusal?.operations.test(operation)) {
    incoming.resume();
    answer.writeHead(refusal.status ?? 400, { 'content-type': 'application/x-amz-json-1.1' });
    answer.end(JSON.stringify({ __type: refusal.name, message: refusal.message }));
    return;
  }
  const { method = 'GET', headers, url = '/' } = incoming;
  const forward = request(new URL(url, target), { method, headers });
  forward.on('response', (from) => {
    answer.writeHead(from.statusCode ?? 500, from.headers);
    from.pipe(answer);
  });
  forward.on('error', () => answer.destroy());
  incoming.pipe(forward);
}
