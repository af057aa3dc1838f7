import { once } from 'node:events';
import { connect } from 'node:net';
import { SluiceError, systemErrorCode } from '../core/errors.ts';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** A connection to this machine is made or refused at once; milliseconds. */
const LIMIT_MS = 2000;

/**
 * Looks whether anybody listens at an endpoint of this machine, which would else be tried again and again. Other
 * machines' endpoints are not looked at.
 *
 * @param namedBy the variable or option that names the endpoint
 * @throws SluiceError `StoreUnavailable` that says where the name leads, and how to go on
 */
export async function expectListener(endpoint: string, namedBy: string): Promise<void> {
  const { protocol, hostname, port } = new URL(endpoint);
  if (!LOOPBACK.test(hostname)) return;
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ECONNREFUSED') return;
    throw new SluiceError(
      'StoreUnavailable',
      `${namedBy} says that s3:// is at ${endpoint}, and nothing listens there.`,
      { cause, hint: wayOn(namedBy, port) },
    );
  } finally {
    socket.destroy();
  }
}

function wayOn(namedBy: string, port: string): string {
  const start = `start the server again: sluice serve${port === '' ? '' : ` --port ${port}`}`;
  if (namedBy.startsWith('--')) return `Leave ${namedBy} out to use the embedded store, or ${start}`;
  return `Use the embedded store (unset ${namedBy}), or ${start}`;
}
