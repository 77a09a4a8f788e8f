// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { Browser } from '../__testUtils__/Browser';
import {
  redirectUri,
  TestSandbox,
  type Authorized,
} from '../__testUtils__/TestSandbox';

const account = 'support@corp.test';
const insecure = { [oauth.allowInsecureRequests]: true };

let sandbox: TestSandbox;

beforeEach(async () => {
  sandbox = await TestSandbox.start();
});

afterEach(() => sandbox.close());

function faults(body: Record<string, unknown>) {
  return sandbox.api('PUT', '/faults', body);
}

/** Posts to the token endpoint and gives what comes back, whatever it is. */
async function post(
  fields: Record<string, string>,
  path = '/token',
): Promise<{ status: number; headers: Headers; text: string; json?: any }> {
  const response = await fetch(`${sandbox.origin}/oidc${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type')?.includes('json');
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}

function refreshOf({ client, secret }: Authorized, refreshToken = '') {
  return post({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: client.client_id,
    client_secret: secret,
  });
}

async function registered(body: Record<string, unknown> = {}) {
  const { clientId, clientSecret } = await sandbox.api('POST', '/clients', {
    name: 'Test portal',
    redirectUris: [redirectUri],
    ...body,
  });
  return {
    client: { client_id: clientId } satisfies oauth.Client,
    secret: clientSecret as string,
  };
}

/** Gets tokens for an application that is treated in its own way. */
async function authorized(
  settings: Record<string, unknown>,
): Promise<Authorized> {
  const application = await registered({ settings });
  return { ...application, tokens: await consented(application) };
}

async function consented(application: {
  client: oauth.Client;
  secret: string;
}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = await sandbox.authorizationUrl(application.client, verifier);
  const callback = await sandbox.consent(url, account);
  return sandbox.exchange(application, callback, verifier);
}

async function isOpen(accessToken: string, user = account): Promise<boolean> {
  return sandbox.connectImap({ user, accessToken }).then(
    async client => {
      await client.logout();
      return true;
    },
    error => {
      if (!error.authenticationFailed) throw error;
      return false;
    },
  );
}

describe('refresh tokens', () => {
  it('stay good after their use where rotation is lenient', async () => {
    const lenient = await authorized({ refreshRotation: 'lenient' });
    const first = lenient.tokens.refresh_token;
    const { json } = await refreshOf(lenient, first);
    expect(json.refresh_token).toBeTruthy();
    expect(json.refresh_token).not.toBe(first);
    expect((await refreshOf(lenient, first)).status).toBe(200);
    expect((await refreshOf(lenient, json.refresh_token)).status).toBe(200);
    expect(await isOpen(json.access_token)).toBe(true);
  });

  it('are not replaced, and not sent again, where there is no rotation', async () => {
    await faults({ refreshRotation: 'none' });
    const google = await sandbox.authorize(account);
    const { refresh_token: only } = google.tokens;
    for (let use = 0; use < 3; use += 1) {
      const { status, json } = await refreshOf(google, only);
      expect(status).toBe(200);
      expect(json).not.toHaveProperty('refresh_token');
    }
    // What is set for an application counts more than what is for all.
    const strict = await authorized({ refreshRotation: 'strict' });
    const { refresh_token: first } = strict.tokens;
    expect((await refreshOf(strict, first)).json.refresh_token).toBeTruthy();
    expect((await refreshOf(strict, first)).json.error).toBe('invalid_grant');
  });

  it('end with the oldest where there are too many for an account', async () => {
    const one = await authorized({ refreshTokenLimit: 2 });
    const two = { ...one, tokens: await consented(one) };
    expect((await refreshOf(one, one.tokens.refresh_token)).status).toBe(200);
    const other = await sandbox.authorize(account);
    const three = { ...one, tokens: await consented(one) };
    // One is rotated and newer than two, so two was the oldest.
    expect((await refreshOf(two, two.tokens.refresh_token)).json.error).toBe(
      'invalid_grant',
    );
    expect(await isOpen(two.tokens.access_token)).toBe(true);
    for (const alive of [three, other]) {
      expect((await refreshOf(alive, alive.tokens.refresh_token)).status).toBe(
        200,
      );
    }
  });

  it('tell how long they live, and die then', async () => {
    const brief = await authorized({
      refreshTokenSeconds: 1,
      accessTokenSeconds: 7,
    });
    expect(brief.tokens).toMatchObject({
      expires_in: 7,
      refresh_token_expires_in: expect.any(Number),
    });
    expect(brief.tokens.refresh_token_expires_in).toBeLessThanOrEqual(1);
    let answer = await refreshOf(brief, brief.tokens.refresh_token);
    while (answer.status === 200) {
      await sandbox.api('PUT', `/clients/${brief.client.client_id}/settings`, {
        refreshTokenSeconds: 1,
        refreshRotation: 'none',
      });
      answer = await refreshOf(
        brief,
        answer.json.refresh_token ?? brief.tokens.refresh_token,
      );
    }
    expect(answer.json.error).toBe('invalid_grant');
    const usual = await sandbox.authorize(account);
    expect(usual.tokens).not.toHaveProperty('refresh_token_expires_in');
  });

  it('are not given to an application that gets none', async () => {
    const { tokens } = await authorized({ noRefreshToken: true });
    expect(tokens.refresh_token).toBeUndefined();
    expect(
      (await sandbox.authorize(account)).tokens.refresh_token,
    ).toBeTruthy();
  });
});

describe('the token endpoint', () => {
  it('answers with the error it is told to, as often as it is told to (R28)', async () => {
    const good = await sandbox.authorize(account);
    const refreshToken = good.tokens.refresh_token;
    await faults({
      tokenError: {
        status: 429,
        error: 'temporarily_unavailable',
        description: 'Slow down',
        retryAfter: '120',
        times: 2,
      },
    });
    for (let time = 0; time < 2; time += 1) {
      const { status, headers, json } = await refreshOf(good, refreshToken);
      expect(status).toBe(429);
      expect(headers.get('retry-after')).toBe('120');
      expect(json).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'Slow down',
      });
    }
    await faults({ tokenError: { status: 502, times: 1 } });
    const gateway = await refreshOf(good, refreshToken);
    expect([gateway.status, gateway.json]).toEqual([502, undefined]);
    // The token was never looked at.
    expect((await refreshOf(good, refreshToken)).status).toBe(200);
  });

  it.each([
    ['empty', ''],
    ['no-token', '{"token_type":"Bearer","expires_in":3600}'],
  ])(
    'answers 200 with %s in place of a token (R28)',
    async (tokenReply, text) => {
      const good = await sandbox.authorize(account);
      await faults({ tokenReply });
      const answer = await refreshOf(good, good.tokens.refresh_token);
      expect([answer.status, answer.text]).toEqual([200, text]);
      await faults({ tokenReply: null });
      expect((await refreshOf(good, good.tokens.refresh_token)).status).toBe(
        200,
      );
    },
  );

  it('refuses a good refresh token in the words that are asked for (R29)', async () => {
    const good = await sandbox.authorize(account);
    const description =
      'AADSTS50173: The provided grant has expired due to it being revoked.';
    await faults({ refuseRefresh: { error: 'invalid_grant', description } });
    expect(await refreshOf(good, good.tokens.refresh_token)).toMatchObject({
      status: 400,
      json: { error: 'invalid_grant', error_description: description },
    });
    // Only good ones are refused like this.
    expect((await refreshOf(good, 'garbage')).json.error_description).not.toBe(
      description,
    );
    await faults({ refuseRefresh: 'temporarily_unavailable' });
    expect(await refreshOf(good, good.tokens.refresh_token)).toMatchObject({
      status: 503,
      json: { error: 'temporarily_unavailable' },
    });
    await faults({ refuseRefresh: null });
    expect((await refreshOf(good, good.tokens.refresh_token)).status).toBe(200);
  });

  it('refuses an expired secret as Microsoft does, and takes it again (R30)', async () => {
    const good = await sandbox.authorize(account);
    const other = await sandbox.authorize(account);
    const settings = `/clients/${good.client.client_id}/settings`;
    await sandbox.api('PUT', settings, { secretExpired: true });
    expect(await refreshOf(good, good.tokens.refresh_token)).toMatchObject({
      status: 401,
      json: {
        error: 'invalid_client',
        error_description: expect.stringMatching(
          `^AADSTS7000222: .*'${good.client.client_id}'`,
        ),
      },
    });
    expect((await refreshOf(other, other.tokens.refresh_token)).status).toBe(
      200,
    );
    await sandbox.api('PUT', settings, {});
    expect((await refreshOf(good, good.tokens.refresh_token)).status).toBe(200);
    await expect(
      sandbox.api('PUT', '/clients/nobody/settings', {}),
    ).rejects.toThrow('404');
    await expect(
      sandbox.api('PUT', settings, { secretExpirde: true }),
    ).rejects.toThrow('400');
  });

  it('rotates and loses the reply (R25)', async () => {
    const strict = await sandbox.authorize(account);
    const lenient = await authorized({ refreshRotation: 'lenient' });
    await faults({ tokenReplyLost: true });
    for (const { tokens, ...application } of [strict, lenient]) {
      await expect(
        refreshOf({ tokens, ...application }, tokens.refresh_token),
      ).rejects.toThrow('fetch failed');
    }
    await faults({ tokenReplyLost: false });
    expect(
      (await refreshOf(lenient, lenient.tokens.refresh_token)).status,
    ).toBe(200);
    expect(
      (await refreshOf(strict, strict.tokens.refresh_token)).json.error,
    ).toBe('invalid_grant');
  });

  it('takes private_key_jwt from an application with keys, and no secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
    });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1' };
    const { client, secret } = await registered({ publicKeys: [jwk] });
    expect(secret).toBeUndefined();
    const server = await sandbox.server();
    const verifier = oauth.generateRandomCodeVerifier();
    const exchange = async (authentication: oauth.ClientAuth) => {
      const url = await sandbox.authorizationUrl(client, verifier);
      const callback = await sandbox.consent(url, account);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        authentication,
        oauth.validateAuthResponse(server, client, callback, 'the state'),
        redirectUri,
        verifier,
        insecure,
      );
      return oauth.processAuthorizationCodeResponse(server, client, response);
    };
    const key = await crypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const tokens = await exchange(oauth.PrivateKeyJwt({ key, kid: 'k1' }));
    expect(await isOpen(tokens.access_token)).toBe(true);
    const foreign = await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify'],
    );
    for (const wrong of [
      oauth.PrivateKeyJwt({ key: foreign.privateKey, kid: 'k1' }),
      oauth.ClientSecretPost('undefined'),
    ]) {
      await expect(exchange(wrong)).rejects.toMatchObject({ status: 401 });
    }
    const secretJwk = { ...privateKey.export({ format: 'jwk' }) };
    for (const bad of [secretJwk, { kty: 'EC' }]) {
      await expect(registered({ publicKeys: [bad] })).rejects.toThrow('400');
    }
  });

  it('gives an application a token of its own for the mailboxes it may open', async () => {
    const { client, secret } = await registered({ mailboxes: [account] });
    const ask = (clientId: string, clientSecret: string, scope = 'mail') =>
      post({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope,
      });
    const { json } = await ask(client.client_id, secret);
    expect(json).toMatchObject({ token_type: 'Bearer', scope: 'mail' });
    expect(json).not.toHaveProperty('refresh_token');
    expect(await isOpen(json.access_token)).toBe(true);
    expect(await isOpen(json.access_token, 'payments@corp.test')).toBe(false);
    const narrow = await ask(client.client_id, secret, 'email');
    expect(await isOpen(narrow.json.access_token)).toBe(false);
    await faults({ expireAccessTokensNow: true });
    expect(await isOpen(json.access_token)).toBe(false);
    const usual = await registered();
    expect((await ask(usual.client.client_id, usual.secret)).status).toBe(400);
    expect(await sandbox.api('GET', '/stats')).toMatchObject({
      tokenRequests: { client_credentials: 3 },
    });
  });
});

describe('consent', () => {
  const verifier = 'v'.repeat(43);

  it('leaves out the scopes that the person takes away', async () => {
    const application = await registered({
      settings: { granularConsent: true },
    });
    const url = await sandbox.authorizationUrl(application.client, verifier);
    const browser = new Browser(sandbox.origin);
    const login = await browser.open(url);
    const consent = await browser.submit(login, { account });
    const boxes = [...consent.text.matchAll(/name="scope"\s+value="(\w+)"/g)];
    expect(boxes.map(([, scope]) => scope)).toEqual([
      'openid',
      'email',
      'mail',
      'offline_access',
    ]);
    const { url: callback } = await browser.submit(
      consent,
      new URLSearchParams([
        ['decision', 'allow'],
        ['scope', 'openid'],
        ['scope', 'offline_access'],
      ]),
    );
    const tokens = await sandbox.exchange(application, callback, verifier);
    expect(tokens.scope?.split(' ').sort()).toEqual([
      'offline_access',
      'openid',
    ]);
    expect(tokens.refresh_token).toBeTruthy();
    expect(await isOpen(tokens.access_token)).toBe(false);
  });

  it('ends with the error that is asked for, after a while', async () => {
    await faults({
      consentDelayMs: 5,
      consentError: { error: 'admin_policy_enforced', description: 'No.' },
    });
    const { client } = await registered();
    const url = await sandbox.authorizationUrl(client, verifier);
    const { searchParams } = await sandbox.consent(url, account);
    expect(searchParams.get('error')).toBe('admin_policy_enforced');
    expect(searchParams.get('error_description')).toBe('No.');
    const denied = await sandbox.consent(url, account, 'deny');
    expect(denied.searchParams.get('error')).toBe('access_denied');
  });

  it.each([
    ['wrong', ['https://issuer.elsewhere.test'], true],
    ['absent', [], true],
    ['undeclared', [], undefined],
    ['twice', ['right', 'right'], true],
    [null, ['right'], true],
  ])('comes back with iss %s', async (callbackIss, expected, declared) => {
    await faults({ callbackIss });
    const { client } = await registered();
    const url = await sandbox.authorizationUrl(client, verifier);
    const right = `${sandbox.origin}/oidc`;
    for (const decision of ['allow', 'deny']) {
      const callback = await sandbox.consent(url, account, decision);
      expect(callback.searchParams.getAll('iss')).toEqual(
        expected.map(iss => (iss === 'right' ? right : iss)),
      );
      expect(callback.searchParams.get('state')).toBe('the state');
    }
    const metadata = await sandbox.server();
    expect(metadata.authorization_response_iss_parameter_supported).toBe(
      declared,
    );
  });

  it('wants PKCE with S256 unless the application need not have it', async () => {
    const outcomeOf = async (
      client: oauth.Client,
      change: (parameters: URLSearchParams) => void,
    ) => {
      const url = await sandbox.authorizationUrl(client, verifier);
      change(url.searchParams);
      const page = await new Browser(sandbox.origin).open(url);
      return page.url.searchParams.get('error') ?? page.status;
    };
    const without = (parameters: URLSearchParams) => {
      parameters.delete('code_challenge');
      parameters.delete('code_challenge_method');
    };
    const plain = (parameters: URLSearchParams) => {
      parameters.set('code_challenge', verifier);
      parameters.set('code_challenge_method', 'plain');
    };
    const usual = await registered();
    expect(await outcomeOf(usual.client, () => {})).toBe(200);
    expect(await outcomeOf(usual.client, without)).toBe('invalid_request');
    expect(await outcomeOf(usual.client, plain)).toBe('invalid_request');
    const lax = await registered({ settings: { pkceOptional: true } });
    expect(await outcomeOf(lax.client, without)).toBe(200);
    expect(await outcomeOf(lax.client, plain)).toBe('invalid_request');
  });
});

describe('the revocation endpoint', () => {
  it('is down by fault, and revokes when it is up', async () => {
    const good = await sandbox.authorize(account);
    const revoke = () =>
      post(
        {
          token: good.tokens.refresh_token ?? '',
          client_id: good.client.client_id,
          client_secret: good.secret,
        },
        '/token/revocation',
      );
    await faults({ revocationDown: true });
    expect((await revoke()).status).toBe(503);
    expect(await isOpen(good.tokens.access_token)).toBe(true);
    await faults({ revocationDown: false });
    expect((await revoke()).status).toBe(200);
    expect(await isOpen(good.tokens.access_token)).toBe(false);
    expect(await sandbox.api('GET', '/stats')).toMatchObject({
      revocations: 2,
    });
  });
});
