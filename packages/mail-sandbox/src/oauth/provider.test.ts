// SPDX-License-Identifier: Apache-2.0
import * as oauth from 'oauth4webapi';
import { Browser } from '../__testUtils__/Browser';
import { redirectUri, TestSandbox } from '../__testUtils__/TestSandbox';

const account = 'support@corp.test';

let sandbox: TestSandbox;

afterEach(() => sandbox.close());

async function start(options?: Parameters<typeof TestSandbox.start>[0]) {
  sandbox = await TestSandbox.start(options);
}

async function introspect(token: string) {
  const { client, secret } = await sandbox.register('Another application');
  const { introspection_endpoint = '' } = await sandbox.server();
  const response = await fetch(introspection_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: client.client_id,
      client_secret: secret,
      token,
    }),
  });
  return response.json();
}

function imapWith(accessToken: string, user = account) {
  return sandbox.connectImap({ user, accessToken });
}

describe('the OAuth provider', () => {
  it('gives tokens for the account that was chosen and says which one', async () => {
    await start();
    const registered = await sandbox.register('Portal <b>');
    const verifier = oauth.generateRandomCodeVerifier();
    const url = await sandbox.authorizationUrl(registered.client, verifier, {
      login_hint: 'Someone@Elsewhere.test',
    });

    const browser = new Browser(sandbox.origin);
    const login = await browser.open(url);
    expect(login.status).toBe(200);
    expect(login.text).toContain('Portal &lt;b&gt;');
    const accounts = [
      ...login.text.matchAll(/name="account"\s+value="([^"]+)"/g),
    ].map(([, address]) => address);
    expect(accounts).toEqual([
      'someone@elsewhere.test',
      'support@corp.test',
      'payments@corp.test',
    ]);

    const consent = await browser.submit(login, { account });
    expect(consent.text).toContain(account);
    expect(consent.text).toContain('name="decision" value="allow"');
    expect(consent.text).toContain('Read, move and flag all mail');
    const { url: callback } = await browser.submit(consent, {
      decision: 'allow',
    });
    expect(callback.href).toMatch(new RegExp(`^${redirectUri}\\?code=`));
    expect(callback.searchParams.get('iss')).toBe(`${sandbox.origin}/oidc`);

    const tokens = await sandbox.exchange(registered, callback, verifier);
    expect(tokens).toMatchObject({ expires_in: 3600, token_type: 'bearer' });
    expect(tokens.scope?.split(' ').sort()).toEqual([
      'email',
      'mail',
      'offline_access',
      'openid',
    ]);
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({
      sub: account,
      email: account,
      email_verified: true,
    });
  });

  it('asks for account and consent each time, also in the same browser', async () => {
    await start();
    const { client } = await sandbox.register();
    const browser = new Browser(sandbox.origin);
    const codes = new Set<string | null>();
    for (const chosen of [account, 'payments@corp.test', account]) {
      const url = await sandbox.authorizationUrl(client, 'v'.repeat(43), {
        prompt: 'select_account',
      });
      const login = await browser.open(url);
      const consent = await browser.submit(login, { account: chosen });
      expect(consent.text).toContain(`<span>${chosen}</span>`);
      const end = await browser.submit(consent, { decision: 'allow' });
      codes.add(end.url.searchParams.get('code'));
    }
    expect(codes.size).toBe(3);
    expect(codes).not.toContain(null);
  });

  it('comes back with access_denied after Deny, and when consent is forbidden', async () => {
    await start();
    const { client } = await sandbox.register();
    const url = await sandbox.authorizationUrl(client, 'v'.repeat(43));
    const denied = await sandbox.consent(url, account, 'deny');
    expect(denied.searchParams.get('error')).toBe('access_denied');
    expect(denied.searchParams.get('state')).toBe('the state');

    await sandbox.api('PUT', '/faults', { denyConsent: true });
    const forbidden = await sandbox.consent(url, account, 'allow');
    expect(forbidden.searchParams.get('error')).toBe('access_denied');

    await sandbox.api('DELETE', '/faults');
    const allowed = await sandbox.consent(url, account, 'allow');
    expect(allowed.searchParams.get('code')).toBeTruthy();
  });

  it('does not redirect to an address that is not registered', async () => {
    await start();
    const { client } = await sandbox.register();
    const url = await sandbox.authorizationUrl(client, 'v'.repeat(43), {
      redirect_uri: `${redirectUri}/`,
    });
    const page = await new Browser(sandbox.origin).open(url);
    expect(page.status).toBe(400);
    expect(page.text).toContain('redirect_uri');
  });

  it('refuses a wrong verifier, a missing challenge and a wrong secret', async () => {
    await start();
    const registered = await sandbox.register();
    const verifier = oauth.generateRandomCodeVerifier();
    const url = await sandbox.authorizationUrl(registered.client, verifier);
    const callback = await sandbox.consent(url, account);
    await expect(
      sandbox.exchange(
        registered,
        callback,
        oauth.generateRandomCodeVerifier(),
      ),
    ).rejects.toMatchObject({ error: 'invalid_grant' });

    const again = await sandbox.consent(url, account);
    await expect(
      sandbox.exchange({ ...registered, secret: 'wrong' }, again, verifier),
    ).rejects.toMatchObject({ status: 401 });
    // The control: the same code with everything right.
    await sandbox.exchange(registered, again, verifier);

    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const page = await new Browser(sandbox.origin).open(url);
    expect(page.url.searchParams.get('error')).toBe('invalid_request');
  });

  it('ends the whole family when a refresh token is used twice', async () => {
    await start();
    const authorized = await sandbox.authorize(account);
    const { refresh_token: first = '' } = authorized.tokens;
    const second = await sandbox.refresh(authorized, first);
    expect(second.refresh_token).not.toBe(first);
    await (await imapWith(second.access_token)).logout();

    await expect(sandbox.refresh(authorized, first)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(
      sandbox.refresh(authorized, second.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(imapWith(second.access_token)).rejects.toMatchObject({
      authenticationFailed: true,
    });
  });

  it('treats two refreshes at the same time as a reuse', async () => {
    await start();
    const authorized = await sandbox.authorize(account);
    const { refresh_token: token = '' } = authorized.tokens;
    const outcomes = await Promise.allSettled([
      sandbox.refresh(authorized, token),
      sandbox.refresh(authorized, token),
    ]);
    const won = outcomes.flatMap(outcome =>
      outcome.status === 'fulfilled' ? outcome.value : [],
    );
    expect(won.length).toBeLessThan(2);
    for (const { refresh_token = '', access_token } of won) {
      await expect(
        sandbox.refresh(authorized, refresh_token),
      ).rejects.toMatchObject({ error: 'invalid_grant' });
      await expect(imapWith(access_token)).rejects.toMatchObject({
        authenticationFailed: true,
      });
    }
  });

  it('lets no application ask about the tokens of another', async () => {
    await start();
    const { tokens } = await sandbox.authorize(account);
    expect(await introspect(tokens.access_token)).toEqual({ active: false });
    await (await imapWith(tokens.access_token)).logout();
  });

  it('lets an access token die with its time, and the refresh token not', async () => {
    await start({ accessTokenSeconds: 1 });
    const authorized = await sandbox.authorize(account);
    const { access_token, refresh_token = '' } = authorized.tokens;
    let refused = false;
    while (!refused) {
      refused = await imapWith(access_token).then(
        () => false,
        error => error.authenticationFailed,
      );
    }
    const fresh = await sandbox.refresh(authorized, refresh_token);
    expect(fresh.expires_in).toBe(1);
  });

  it('revokes at the revocation endpoint', async () => {
    await start();
    const { client, secret, tokens } = await sandbox.authorize(account);
    await (await imapWith(tokens.access_token)).logout();
    const server = await sandbox.server();
    const response = await oauth.revocationRequest(
      server,
      client,
      oauth.ClientSecretBasic(secret),
      tokens.refresh_token ?? '',
      { [oauth.allowInsecureRequests]: true },
    );
    await oauth.processRevocationResponse(response);
    await expect(imapWith(tokens.access_token)).rejects.toMatchObject({
      authenticationFailed: true,
    });
  });

  it('opens only the mailbox of the account, and only with the scope for mail', async () => {
    await start();
    const { tokens } = await sandbox.authorize(account);
    await expect(
      imapWith(tokens.access_token, 'payments@corp.test'),
    ).rejects.toMatchObject({ authenticationFailed: true });
    await (await imapWith(tokens.access_token, 'SUPPORT@corp.test')).logout();

    const registered = await sandbox.register();
    const verifier = oauth.generateRandomCodeVerifier();
    const url = await sandbox.authorizationUrl(registered.client, verifier, {
      scope: 'openid email',
    });
    const callback = await sandbox.consent(url, account);
    const narrow = await sandbox.exchange(registered, callback, verifier);
    expect(narrow.refresh_token).toBeUndefined();
    await expect(imapWith(narrow.access_token)).rejects.toMatchObject({
      authenticationFailed: true,
    });
  });
});
