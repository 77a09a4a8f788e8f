// SPDX-License-Identifier: Apache-2.0
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import * as oauth from 'oauth4webapi';
import { startSandbox, type Sandbox, type SandboxOptions } from '../index';
import { Browser } from './Browser';

/** Nothing listens there; the walk ends at the redirect. */
export const redirectUri = 'http://localhost:9/callback';

/** Tokens with the application they belong to. */
export interface Authorized {
  readonly client: oauth.Client;
  readonly secret: string;
  readonly tokens: oauth.TokenEndpointResponse;
}

const insecure = { [oauth.allowInsecureRequests]: true };

/** A running sandbox with everything tests do to it. */
export class TestSandbox {
  readonly #sandbox: Sandbox;
  readonly #clients: ImapFlow[] = [];

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  static async start(options: Partial<SandboxOptions> = {}) {
    return new TestSandbox(
      await startSandbox({ httpPort: 0, imapPort: 0, ...options }),
    );
  }

  get httpPort(): number {
    return this.#sandbox.httpPort;
  }

  get imapPort(): number {
    return this.#sandbox.imapPort;
  }

  get imapsPort(): number {
    return this.#sandbox.imapsPort;
  }

  get imapStartTlsPort(): number {
    return this.#sandbox.imapStartTlsPort;
  }

  get pop3Port(): number {
    return this.#sandbox.pop3Port;
  }

  get pop3sPort(): number {
    return this.#sandbox.pop3sPort;
  }

  get ca(): string {
    return this.#sandbox.ca;
  }

  addAccount(account: Parameters<Sandbox['addAccount']>[0]): void {
    this.#sandbox.addAccount(account);
  }

  get origin(): string {
    return `http://localhost:${this.httpPort}`;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#sandbox.close();
  }

  /** Calls the control API; expects it to succeed. */
  async api(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<any> {
    const response = await fetch(`${this.origin}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async deliver(to: string, raw: Buffer | string): Promise<number> {
    const bytes = Buffer.from(raw);
    const { uid } = await this.api('POST', '/messages', {
      to,
      raw: bytes.toString('base64'),
    });
    return uid;
  }

  async register(name = 'Test portal') {
    const { clientId, clientSecret } = await this.api('POST', '/clients', {
      name,
      redirectUris: [redirectUri],
    });
    return {
      client: { client_id: clientId } satisfies oauth.Client,
      secret: clientSecret as string,
    };
  }

  async server(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(this.#sandbox.issuer);
    const response = await oauth.discoveryRequest(issuer, insecure);
    return oauth.processDiscoveryResponse(issuer, response);
  }

  /** The address that starts an authorization. */
  async authorizationUrl(
    client: oauth.Client,
    verifier: string,
    extra: Record<string, string> = {},
  ): Promise<URL> {
    const { authorization_endpoint = '' } = await this.server();
    const url = new URL(authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid email mail offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 'the state',
      ...extra,
    }).toString();
    return url;
  }

  /** Walks through login and consent; ends at the redirect. */
  async consent(url: URL, account: string, decision = 'allow'): Promise<URL> {
    const browser = new Browser(this.origin);
    const login = await browser.open(url);
    const consent = await browser.submit(login, { account });
    return (await browser.submit(consent, { decision })).url;
  }

  async exchange(
    registered: { client: oauth.Client; secret: string },
    callback: URL,
    verifier: string,
  ): Promise<oauth.TokenEndpointResponse> {
    const server = await this.server();
    const { client, secret } = registered;
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(secret),
      oauth.validateAuthResponse(server, client, callback, 'the state'),
      redirectUri,
      verifier,
      insecure,
    );
    return oauth.processAuthorizationCodeResponse(server, client, response);
  }

  /** Registers an application and gets tokens for an account. */
  async authorize(account: string): Promise<Authorized> {
    const registered = await this.register();
    const verifier = oauth.generateRandomCodeVerifier();
    const url = await this.authorizationUrl(registered.client, verifier);
    const callback = await this.consent(url, account);
    const tokens = await this.exchange(registered, callback, verifier);
    return { ...registered, tokens };
  }

  async refresh(
    { client, secret }: Pick<Authorized, 'client' | 'secret'>,
    refreshToken: string,
  ): Promise<oauth.TokenEndpointResponse> {
    const server = await this.server();
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      // The other method than at the code exchange: both must work.
      oauth.ClientSecretPost(secret),
      refreshToken,
      insecure,
    );
    return oauth.processRefreshTokenResponse(server, client, response);
  }

  /** A client of the IMAP server; not connected yet. */
  imap(
    auth: ImapFlowOptions['auth'] = {
      user: 'support@corp.test',
      pass: 'sandbox',
    },
    more: Partial<ImapFlowOptions> = {},
  ): ImapFlow {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: this.imapPort,
      secure: false,
      auth,
      logger: false,
      ...more,
    });
    // A connection that is cut must not end the test process.
    client.on('error', () => undefined);
    this.#clients.push(client);
    return client;
  }

  async connectImap(
    auth?: ImapFlowOptions['auth'],
    more?: Partial<ImapFlowOptions>,
  ): Promise<ImapFlow> {
    const client = this.imap(auth, more);
    await client.connect();
    return client;
  }
}
