import { readFileSync } from 'node:fs';
import type { ServerSettings } from '../../core/config.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { Tls } from '../../server/index.ts';

/**
 * The certificate of a server, from its options, else from its settings.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function readTls(
  { tls }: ServerSettings,
  options: { readonly tlsCert?: string; readonly tlsKey?: string },
): Tls | undefined {
  const certificate = options.tlsCert ?? tls?.certificate;
  const key = options.tlsKey ?? tls?.key;
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw new SluiceError('InvalidArgument', '--tls-cert and --tls-key: expected both or none, got one.');
  }
  return { certificate: read(certificate, '--tls-cert'), key: read(key, '--tls-key') };
}

function read(path: string, option: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SluiceError('InvalidArgument', `${option}: ${errorMessage(error)}`, {
      cause: error,
      hint: 'Name a file of PEM that can be read.',
    });
  }
}
