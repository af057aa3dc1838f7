import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request to the token endpoint, as it came. */
export interface TokenCall {
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

/** An authorization server with all the flows of FlyteAdmin's clients. Dispose of it. */
export class OAuthServer implements AsyncDisposable {
  readonly calls: TokenCall[] = [];
  /** Where the browser's answer is to come to. */
  redirectUri = 'http://127.0.0.1:1/callback';
  /** How often the device is told to wait before its user agrees. */
  pending = 1;
  readonly #server: Server;
  readonly #good = new Set<string>();
  readonly #refresh = new Set<string>();
  readonly #challenges = new Map<string, string>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<OAuthServer> {
    const server = new OAuthServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  isGood(token: string): boolean {
    return this.#good.has(token);
  }

  /** Access tokens are good no more; refresh tokens are. */
  expire(): void {
    this.#good.clear();
  }

  /** Refresh tokens are good no more either. */
  forget(): void {
    this.#good.clear();
    this.#refresh.clear();
  }

  /** FlyteAdmin's anonymous service for metadata. */
  metadata(): Record<string, () => object> {
    return {
      GetOAuth2Metadata: () => ({
        tokenEndpoint: `${this.url}/token`,
        authorizationEndpoint: `${this.url}/authorize`,
        deviceAuthorizationEndpoint: `${this.url}/device`,
      }),
      GetPublicClientConfig: () => ({
        clientId: 'flytectl',
        redirectUri: this.redirectUri,
        scopes: ['all', 'offline'],
        audience: 'https://flyte.example.com',
        authorizationMetadataKey: 'flyte-authorization',
      }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === '/authorize') return this.#authorize(url, response);
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    if (url.pathname === '/device')
      return this.#send(response, 200, {
        device_code: 'device-1',
        user_code: 'ABCD-EFGH',
        verification_uri: `${this.url}/activate`,
        expires_in: 60,
        interval: 0.01,
      });
    this.calls.push({ form, authorization: request.headers.authorization });
    this.#token(form, request.headers.authorization, response);
  }

  /** As a browser whose user agrees at once. */
  #authorize({ searchParams }: URL, response: ServerResponse): void {
    const code = randomUUID();
    this.#challenges.set(code, searchParams.get('code_challenge') ?? '');
    const back = new URL(searchParams.get('redirect_uri') ?? '');
    back.searchParams.set('code', code);
    back.searchParams.set('state', searchParams.get('state') ?? '');
    response.writeHead(302, { location: back.href }).end();
  }

  #token(
    form: Readonly<Record<string, string>>,
    authorization: string | undefined,
    response: ServerResponse,
  ): void {
    const problem = this.#problem(form, authorization);
    if (problem !== undefined) return this.#send(response, 400, { error: problem });
    const [access_token, refresh_token] = [randomUUID(), randomUUID()];
    this.#good.add(access_token);
    this.#refresh.add(refresh_token);
    this.#send(response, 200, { access_token, refresh_token, expires_in: 3600, token_type: 'bearer' });
  }

  #problem(form: Readonly<Record<string, string>>, authorization: string | undefined): string | undefined {
    switch (form['grant_type']) {
      case 'client_credentials': {
        const expected = `Basic ${Buffer.from('robot:open%20sesame').toString('base64')}`;
        return authorization === expected ? undefined : 'invalid_client';
      }
      case 'authorization_code': {
        const challenge = this.#challenges.get(form['code'] ?? '');
        const verifier = createHash('sha256')
          .update(form['code_verifier'] ?? '')
          .digest('base64url');
        return challenge === verifier ? undefined : 'invalid_grant';
      }
      case 'refresh_token':
        return this.#refresh.has(form['refresh_token'] ?? '') ? undefined : 'invalid_grant';
      case 'urn:ietf:params:oauth:grant-type:device_code':
        return this.pending-- > 0 ? 'authorization_pending' : undefined;
      default:
        return 'unsupported_grant_type';
    }
  }

  #send(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
