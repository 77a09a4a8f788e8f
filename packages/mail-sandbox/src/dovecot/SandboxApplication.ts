// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
// eslint-disable-next-line no-restricted-imports -- this is for tests only, too
import { Browser } from '../__testUtils__/Browser';
import type { Sandbox } from '../startSandbox';
import type { DovecotIntrospection } from './dovecotConfig';

const clientSchema = z.object({
  clientId: z.string(),
  clientSecret: z.string(),
});
const tokenReplySchema = z.object({ access_token: z.string() });

/** Nothing listens there: the walk ends at the redirect. */
const REDIRECT_URI = 'http://localhost:9/callback';
const DEADLINE_MS = 10_000;

/**
 * An application at the sandbox's provider that gets access tokens the way a
 * person and a portal do. It may also ask what its own tokens are worth, so a
 * mail server can use its credentials for introspection.
 */
export class SandboxApplication {
  /** For `startDovecot`. */
  readonly introspection: DovecotIntrospection;
  readonly #issuer: string;

  private constructor(issuer: string, credentials: DovecotIntrospection) {
    this.#issuer = issuer;
    this.introspection = credentials;
  }

  static async register(sandbox: Sandbox): Promise<SandboxApplication> {
    const { issuer, httpPort } = sandbox;
    const response = await send(`http://localhost:${httpPort}/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Tests', redirectUris: [REDIRECT_URI] }),
    });
    return new SandboxApplication(issuer, {
      ...clientSchema.parse(await response.json()),
      // By address: Dovecot would take time to look the name up.
      endpoint: `http://127.0.0.1:${httpPort}/oidc/token/introspection`,
    });
  }

  /** Signs in as the account, consents, and trades the code for a token. */
  async accessToken(account: string, scope = 'openid mail'): Promise<string> {
    const verifier = randomBytes(32).toString('base64url');
    const request = new URL(`${this.#issuer}/auth`);
    request.search = new URLSearchParams({
      client_id: this.introspection.clientId,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    const callback = await consentAs(account, request);
    const response = await this.#post('/token', {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    });
    return tokenReplySchema.parse(await response.json()).access_token;
  }

  /** Whether the provider stands by a token at this moment. */
  async isActive(token: string): Promise<boolean> {
    const response = await this.#post('/token/introspection', { token });
    return z.object({ active: z.boolean() }).parse(await response.json())
      .active;
  }

  #post(path: string, body: Record<string, string>): Promise<Response> {
    const { clientId, clientSecret } = this.introspection;
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    return send(`${this.#issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams(body),
    });
  }
}

async function send(url: string | URL, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });
}

async function consentAs(account: string, request: URL): Promise<URL> {
  const browser = new Browser(request.origin);
  const loginPage = await browser.open(request);
  const consentPage = await browser.submit(loginPage, { account });
  return (await browser.submit(consentPage, { decision: 'allow' })).url;
}
