import { SluiceError } from '../../../core/errors.ts';

/** What lets one in. */
export interface Token {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970; absent where the server does not tell. */
  readonly expiresAt?: number;
}

/** The longest that one request to a token endpoint may take, milliseconds. */
const LIMIT_MS = 30_000;

/** A token endpoint's refusal, by OAuth's own word: `authorization_pending`, `invalid_grant`, … */
export class TokenRefused extends SluiceError {
  readonly reason: string;

  constructor(reason: string, message: string, hint?: string) {
    super('CredentialsInvalid', message, hint === undefined ? {} : { hint });
    this.reason = reason;
  }
}

/** What a request to a token endpoint needs. */
export interface TokenRequest {
  readonly url: string;
  readonly form: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Asks a token endpoint.
 *
 * @throws SluiceError `PlatformUnavailable`; {@link TokenRefused}
 */
export async function requestToken(request: TokenRequest): Promise<Token> {
  const { status, body } = await postForm(request);
  const { access_token, refresh_token, expires_in } = body;
  if (status < 400 && typeof access_token === 'string' && access_token !== '')
    return {
      accessToken: access_token,
      ...(typeof refresh_token === 'string' && { refreshToken: refresh_token }),
      ...(typeof expires_in === 'number' && { expiresAt: Date.now() + expires_in * 1000 }),
    };
  const reason = typeof body['error'] === 'string' ? body['error'] : `HTTP ${status}`;
  const said = typeof body['error_description'] === 'string' ? `: ${body['error_description']}` : '';
  throw new TokenRefused(reason, `${request.url} gives no token (${reason}${said}).`);
}

/** Posts a form and reads the JSON of the answer. @throws SluiceError `PlatformUnavailable` */
export async function postForm({
  url,
  form,
  headers = {},
}: TokenRequest): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> {
  const given = Object.entries(form).filter((field): field is [string, string] => Boolean(field[1]));
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers },
      body: new URLSearchParams(given),
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await answer.text();
    return { status: answer.status, body: parseObject(text) };
  } catch (cause) {
    throw new SluiceError('PlatformUnavailable', `${url} cannot be reached: ${causeOf(cause)}`, {
      cause,
      hint: 'It is where FlyteAdmin says that tokens come from. Is it reachable from here?',
    });
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `fetch failed` says nothing: its cause does. */
export function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || String(error);
}
