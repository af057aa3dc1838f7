import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to an S3 endpoint that can be closed to some requests. Dispose of it. */
export interface S3Gate extends AsyncDisposable {
  /** What makes a program take this way. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the way leads. */
  leadTo(url: string): void;
  /** Requests whose `<method> <path>` matches are not answered, but told; undefined lets all pass. */
  hold(pattern: RegExp | undefined, onHeld?: () => void): void;
}

/** Makes a gate. */
export async function openS3Gate(): Promise<S3Gate> {
  let target = '';
  let held: RegExp | undefined;
  let tell: (() => void) | undefined;
  const gate = createServer((incoming, answer) => {
    if (held?.test(`${incoming.method} ${incoming.url}`)) return tell?.();
    const { method = 'GET', headers, url = '/' } = incoming;
    const forward = request(new URL(url, target), { method, headers });
    forward.on('response', (from) => {
      answer.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(answer);
    });
    forward.on('error', () => answer.destroy());
    incoming.pipe(forward);
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  return {
    environment: {
      SLUICE_S3: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    leadTo(url) {
      target = url;
    },
    hold(pattern, onHeld) {
      held = pattern;
      tell = onHeld;
    },
    [Symbol.asyncDispose]: async () => {
      gate.closeAllConnections();
      gate.close();
    },
  };
}
