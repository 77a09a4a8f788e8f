// SPDX-License-Identifier: Apache-2.0
import { TestSandbox } from '../__testUtils__/TestSandbox';

const account = 'support@corp.test';

let sandbox: TestSandbox;

beforeEach(async () => {
  sandbox = await TestSandbox.start();
});

afterEach(() => sandbox.close());

function faults(body: Record<string, unknown>) {
  return sandbox.api('PUT', '/faults', body);
}

function imapWith(accessToken: string) {
  return sandbox.connectImap({ user: account, accessToken });
}

describe('faults', () => {
  it('keeps what is not named, and forgets all on DELETE', async () => {
    await faults({ imapDelayMs: 1, tokenReply: 'html' });
    expect(await faults({ imapDelayMs: 2 })).toMatchObject({
      imapDelayMs: 2,
      tokenReply: 'html',
    });
    expect(await faults({ tokenReply: null })).toMatchObject({
      imapDelayMs: 2,
      tokenReply: null,
    });
    await sandbox.api('DELETE', '/faults');
    expect(await sandbox.api('GET', '/faults')).toMatchObject({
      imapDelayMs: 0,
      tokenReply: null,
    });
  });

  it('refuses a fault that it does not know', async () => {
    await expect(faults({ imapDwon: true })).rejects.toThrow('400');
    await expect(faults({ tokenDelayMs: -1 })).rejects.toThrow('400');
    await expect(
      faults({ revokeGrants: { account: 'nobody@corp.test' } }),
    ).rejects.toThrow('404');
  });

  it.each([
    ['invalid_grant', 400, 'invalid_grant'],
    ['invalid_client', 401, 'invalid_client'],
    ['server_error', 500, 'server_error'],
    ['rate_limited', 429, 'temporarily_unavailable'],
  ])(
    'answers a refresh with %s and leaves the token usable',
    async (refuseRefresh, status, error) => {
      const { client, secret, tokens } = await sandbox.authorize(account);
      const { refresh_token = '' } = tokens;
      await faults({ refuseRefresh });
      const { token_endpoint = '' } = await sandbox.server();
      const response = await fetch(token_endpoint, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token,
          client_id: client.client_id,
          client_secret: secret,
        }),
      });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error });
      expect(response.headers.has('retry-after')).toBe(status === 429);

      await faults({ refuseRefresh: null });
      await sandbox.refresh({ client, secret }, refresh_token);
    },
  );

  it.each(['html', 'torn-json'])(
    'answers the token endpoint with %s and uses no token up',
    async tokenReply => {
      const authorized = await sandbox.authorize(account);
      const { refresh_token = '' } = authorized.tokens;
      await sandbox.api('DELETE', '/stats');
      await faults({ tokenReply, tokenDelayMs: 5 });
      await expect(
        sandbox.refresh(authorized, refresh_token),
      ).rejects.toMatchObject({ name: 'OperationProcessingError' });
      await sandbox.api('DELETE', '/faults');
      await sandbox.refresh(authorized, refresh_token);
      expect(await sandbox.api('GET', '/stats')).toMatchObject({
        tokenRequests: { authorization_code: 0, refresh_token: 2 },
      });
    },
  );

  it('gives no refresh token', async () => {
    await faults({ noRefreshToken: true });
    const { tokens } = await sandbox.authorize(account);
    expect(tokens.refresh_token).toBeUndefined();
    await (await imapWith(tokens.access_token)).logout();
  });

  it('cuts popups off their opener', async () => {
    const pages = [`${sandbox.origin}/`, `${sandbox.origin}/oidc/auth`];
    for (const coopHeader of [true, false]) {
      await faults({ coopHeader });
      for (const page of pages) {
        const { headers } = await fetch(page);
        expect(headers.get('cross-origin-opener-policy')).toBe(
          coopHeader ? 'same-origin' : null,
        );
      }
    }
  });

  it('expires access tokens at once, and refresh tokens go on', async () => {
    const authorized = await sandbox.authorize(account);
    const { access_token, refresh_token = '' } = authorized.tokens;
    await (await imapWith(access_token)).logout();
    await faults({ expireAccessTokensNow: true });
    await expect(imapWith(access_token)).rejects.toMatchObject({
      authenticationFailed: true,
    });
    const fresh = await sandbox.refresh(authorized, refresh_token);
    await (await imapWith(fresh.access_token)).logout();
  });

  it('revokes the grants of one account and of no other', async () => {
    const revoked = await sandbox.authorize(account);
    const kept = await sandbox.authorize('payments@corp.test');
    await faults({ revokeGrants: { account } });
    await expect(
      sandbox.refresh(revoked, revoked.tokens.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(imapWith(revoked.tokens.access_token)).rejects.toMatchObject({
      authenticationFailed: true,
    });
    await sandbox.refresh(kept, kept.tokens.refresh_token ?? '');
  });

  it('takes the IMAP server down and up again', async () => {
    const client = await sandbox.connectImap();
    const closed = new Promise(resolve => {
      client.once('close', resolve);
    });
    await faults({ imapDown: true });
    await closed;
    await expect(sandbox.connectImap()).rejects.toThrow();
    await faults({ imapDown: false });
    await (await sandbox.connectImap()).logout();
  });

  it('drops the connection in the middle of a message', async () => {
    await sandbox.deliver(account, `Subject: x\r\n\r\n${'y'.repeat(50_000)}`);
    const client = await sandbox.connectImap();
    await client.mailboxOpen('INBOX');
    await faults({ imapDropAfterBytes: 20_000 });
    await expect(
      client.fetchOne('1', { source: true }, { uid: true }),
    ).rejects.toMatchObject({ code: 'NoConnection' });

    await sandbox.api('DELETE', '/faults');
    const again = await sandbox.connectImap();
    await again.mailboxOpen('INBOX');
    const message = await again.fetchOne('1', { source: true }, { uid: true });
    expect(message && message.source?.length).toBe(50_014);
  });

  it('refuses logins, and counts both kinds', async () => {
    await sandbox.api('DELETE', '/stats');
    await faults({ imapRefuseLogin: true, imapDelayMs: 2 });
    await expect(sandbox.connectImap()).rejects.toMatchObject({
      authenticationFailed: true,
      serverResponseCode: 'AUTHENTICATIONFAILED',
    });
    await sandbox.api('DELETE', '/faults');
    const client = await sandbox.connectImap();
    expect(await sandbox.api('GET', '/stats')).toMatchObject({
      imapLogins: 1,
      imapLoginFailures: 1,
      imapConnectionsOpen: expect.any(Number),
      idleSessions: 0,
      introspections: 0,
    });
    await client.logout();
  });

  it('answers a command as it is told to, or ends the connection, and others not', async () => {
    const client = await sandbox.connectImap();
    await faults({
      imapAnswer: { command: 'SELECT', reply: 'NO [THROTTLED] Later' },
    });
    await expect(client.mailboxOpen('INBOX')).rejects.toMatchObject({
      responseStatus: 'NO',
      serverResponseCode: 'THROTTLED',
    });
    await client.noop();
    const closed = new Promise(resolve => {
      client.once('close', resolve);
    });
    await faults({ imapAnswer: { command: 'SELECT' } });
    await expect(client.mailboxOpen('INBOX')).rejects.toThrow();
    await closed;
    await expect(
      faults({ imapAnswer: { command: 'NOOP', reply: 'NO\r\n* BYE' } }),
    ).rejects.toThrow('400');
  });

  it('opens mailboxes without a UIDVALIDITY, or with others each time', async () => {
    const opened = async () => {
      const client = await sandbox.connectImap();
      return (await client.mailboxOpen('INBOX')).uidValidity;
    };
    const real = await opened();
    await faults({ imapUidValidity: 'absent' });
    expect(await opened()).toBeUndefined();
    await faults({ imapUidValidity: 'changing' });
    const first = await opened();
    expect(await opened()).not.toBe(first);
    await faults({ imapUidValidity: null });
    expect(await opened()).toBe(real);
  });

  it('keeps quiet about what it can do', async () => {
    await faults({ imapHides: ['MOVE', 'UIDPLUS'] });
    const { capabilities } = await sandbox.connectImap();
    expect([...capabilities.keys()]).toContain('IDLE');
    expect([...capabilities.keys()]).not.toContain('MOVE');
    expect([...capabilities.keys()]).not.toContain('UIDPLUS');
  });

  it('makes the UIDs of an account worthless', async () => {
    await sandbox.deliver(account, 'Subject: one\r\n\r\n');
    const client = await sandbox.connectImap();
    const before = await client.mailboxOpen('INBOX');
    await client.messageDelete('1', { uid: true });
    await sandbox.deliver(account, 'Subject: two\r\n\r\n');
    await faults({ renewUidValidity: { account } });
    const after = await (await sandbox.connectImap()).mailboxOpen('INBOX');
    expect(after.uidValidity).toBeGreaterThan(before.uidValidity);
    expect(after.uidNext).toBe(2);
    // A session that knows the old numbers is ended.
    const closed = new Promise(resolve => {
      client.once('close', resolve);
    });
    await client.noop();
    await closed;
  });
});
