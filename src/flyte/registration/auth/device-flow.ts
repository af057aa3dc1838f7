import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../core/errors.ts';
import { expectUrl } from './auth-server.ts';
import type { FlowOptions } from './client-secret.ts';
import { postForm, requestToken, type Token, TokenRefused } from './token.ts';

/** Where the server says nothing, seconds. */
const DEFAULT_INTERVAL = 5;

/** How long the user has at most, milliseconds. */
const LIMIT_MS = 600_000;

/**
 * A token that the user agrees to in a browser on any machine.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8628
 * @throws SluiceError `CredentialsMissing`, `CredentialsInvalid`, `PlatformUnavailable`
 */
export async function deviceToken(options: FlowOptions): Promise<Token> {
  const { settings, server } = options;
  const clientId = settings.clientId ?? server.clientId;
  const asked = await begin(options, clientId);
  options.say(
    asked.complete === undefined
      ? `Open ${asked.uri} in a browser, and enter the code ${asked.userCode}`
      : `Open ${asked.complete} in a browser, and agree there (code ${asked.userCode})`,
  );
  const deadline = Date.now() + Math.min(LIMIT_MS, asked.expiresIn * 1000);
  for (let seconds = asked.interval; Date.now() < deadline; ) {
    await sleep(seconds * 1000, undefined, options.signal && { signal: options.signal });
    try {
      return await requestToken({
        url: settings.tokenUrl ?? expectUrl(server.tokenEndpoint, 'token endpoint'),
        form: {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: asked.deviceCode,
          client_id: clientId,
        },
      });
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      // RFC 8628: five seconds more, from now on.
      if (error.reason === 'slow_down') seconds += DEFAULT_INTERVAL;
      else if (error.reason !== 'authorization_pending') throw error;
    }
  }
  throw new SluiceError('CredentialsMissing', 'Nobody has agreed in the browser in time.', {
    hint: 'Begin again, and open the address that is printed.',
  });
}

interface Asked {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly uri: string;
  readonly complete: string | undefined;
  readonly interval: number;
  readonly expiresIn: number;
}

async function begin({ settings, server }: FlowOptions, clientId: string): Promise<Asked> {
  const url = expectUrl(server.deviceAuthorizationEndpoint, 'device authorization endpoint');
  const { status, body } = await postForm({
    url,
    form: {
      client_id: clientId,
      scope: (settings.scopes ?? server.scopes).join(' '),
      audience: settings.audience ?? server.audience,
    },
  });
  const text = (name: string): string | undefined =>
    typeof body[name] === 'string' ? body[name] : undefined;
  const number = (name: string, otherwise: number): number =>
    typeof body[name] === 'number' ? body[name] : otherwise;
  const deviceCode = text('device_code');
  if (status >= 400 || deviceCode === undefined)
    throw new SluiceError(
      'CredentialsInvalid',
      `${url} gives no code (${text('error') ?? `HTTP ${status}`}).`,
    );
  return {
    deviceCode,
    userCode: text('user_code') ?? '',
    uri: text('verification_uri') ?? text('verification_url') ?? '',
    complete: text('verification_uri_complete'),
    interval: number('interval', DEFAULT_INTERVAL),
    expiresIn: number('expires_in', LIMIT_MS / 1000),
  };
}
