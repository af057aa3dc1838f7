import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorMessage, SluiceError } from '../../../core/errors.ts';
import { expectUrl } from './auth-server.ts';
import type { FlowOptions } from './client-secret.ts';
import { requestToken, type Token } from './token.ts';

/** How long the user has, milliseconds: flytectl's. */
const LIMIT_MS = 120_000;

/**
 * A token that the user agrees to in a browser on this machine: its answer comes to a port of it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7636
 * @throws SluiceError `CredentialsMissing`, `CredentialsInvalid`, `PlatformUnavailable`
 */
export async function pkceToken(options: FlowOptions): Promise<Token> {
  const { settings, server } = options;
  const redirect = loopback(server.redirectUri);
  const verifier = randomBytes(48).toString('base64url');
  const state = randomBytes(24).toString('base64url');
  const clientId = settings.clientId ?? server.clientId;
  const code = await askInBrowser(options, { redirect, verifier, state, clientId });
  return requestToken({
    url: settings.tokenUrl ?? expectUrl(server.tokenEndpoint, 'token endpoint'),
    form: {
      grant_type: 'authorization_code',
      code,
      redirect_uri: server.redirectUri,
      client_id: clientId,
      code_verifier: verifier,
    },
  });
}

interface Question {
  readonly redirect: URL;
  readonly verifier: string;
  readonly state: string;
  readonly clientId: string;
}

async function askInBrowser(options: FlowOptions, question: Question): Promise<string> {
  const answered = Promise.withResolvers<string>();
  answered.promise.catch(() => undefined);
  const listener = createServer((request, response) => takeAnswer(request, response, question, answered));
  await listen(listener, question.redirect);
  const limit = AbortSignal.timeout(LIMIT_MS);
  const ended = AbortSignal.any([limit, ...(options.signal ? [options.signal] : [])]);
  ended.addEventListener('abort', () => answered.reject(late(options.signal)), { once: true });
  try {
    const address = addressOf(options, question);
    options.say(`Open this address in a browser to be let in:\n  ${address}`);
    openBrowser(address, options.environment);
    return await answered.promise;
  } finally {
    listener.close();
    listener.closeAllConnections();
  }
}

function late(signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return new SluiceError('CredentialsMissing', 'No answer has come from the browser in two minutes.', {
    hint: 'Open the address that is printed, on this machine; where it has no browser, set admin.authType: DeviceFlow.',
  });
}

function addressOf({ settings, server }: FlowOptions, { verifier, state, clientId }: Question): string {
  const url = new URL(expectUrl(server.authorizationEndpoint, 'authorization endpoint'));
  const audience = settings.audience ?? server.audience;
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: server.redirectUri,
    scope: (settings.scopes ?? server.scopes).join(' '),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(audience && { audience }),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** The code must reach this machine alone. */
function loopback(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return url;
  throw new SluiceError(
    'PlatformUnavailable',
    `FlyteAdmin's redirect URI is '${text}'; a browser's answer can come to a place of this machine only.`,
    { hint: 'Its administrator sets http://localhost:PORT/callback; or choose another admin.authType.' },
  );
}

async function listen(listener: Server, { hostname, port }: URL): Promise<void> {
  try {
    listener.listen({ host: hostname.replace(/[[\]]/g, ''), port: Number(port || 80) });
    await once(listener, 'listening');
  } catch (cause) {
    throw new SluiceError(
      'CredentialsMissing',
      `The browser's answer cannot be waited for on port ${port || 80}: ${errorMessage(cause)}`,
      { cause, hint: 'Is another command waiting there? End it, and begin again.' },
    );
  }
}

function takeAnswer(
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
  { redirect, state }: Question,
  answered: PromiseWithResolvers<string>,
): void {
  const { pathname, searchParams } = new URL(url, redirect);
  const say = (status: number, text: string) =>
    response
      .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      .end(`${text}\n`);
  if (pathname !== redirect.pathname) return void say(404, 'Nothing is here.');
  // Whoever does not know the state was not asked.
  if (searchParams.get('state') !== state)
    return void say(400, 'This is no answer to the question that was asked.');
  const code = searchParams.get('code');
  if (code) {
    say(200, 'You are let in. Go back to the terminal.');
    return answered.resolve(code);
  }
  const reason = searchParams.get('error') ?? 'there is no code';
  say(400, 'You are not let in. Go back to the terminal.');
  answered.reject(new SluiceError('CredentialsInvalid', `The browser's answer: ${reason.slice(0, 200)}.`));
}

/** Where there is a desktop. Its failure leaves the printed address. */
function openBrowser(address: string, environment: FlowOptions['environment']): void {
  if (!environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) return;
  const child = spawn('xdg-open', [address], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
