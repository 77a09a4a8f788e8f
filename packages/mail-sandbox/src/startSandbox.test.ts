// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestSandbox } from './__testUtils__/TestSandbox';
import { startSandbox } from './startSandbox';

const account = 'support@corp.test';

let stateDir: string;
let sandbox: TestSandbox;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'mail-sandbox-'));
});

afterEach(async () => {
  await sandbox.close();
  rmSync(stateDir, { recursive: true });
});

/** Ends the sandbox and starts it again on the same ports. */
async function restart() {
  const { httpPort, imapPort } = sandbox;
  await sandbox.close();
  sandbox = await TestSandbox.start({ stateDir, httpPort, imapPort });
  // The connection pool of fetch finds out about its dead connections.
  while (!(await fetch(sandbox.origin).catch(() => undefined))?.ok);
}

async function openInbox() {
  const client = await sandbox.connectImap();
  return { client, opened: await client.mailboxOpen('INBOX') };
}

describe('startSandbox', () => {
  it('finds applications, grants and keys again after a restart', async () => {
    sandbox = await TestSandbox.start({ stateDir });
    const authorized = await sandbox.authorize(account);
    const { access_token, refresh_token = '' } = authorized.tokens;
    const keys = async () =>
      (await fetch(`${sandbox.origin}/oidc/jwks`)).json();
    const before = await keys();
    await restart();

    expect(await keys()).toEqual(before);
    const client = await sandbox.connectImap({
      user: account,
      accessToken: access_token,
    });
    await client.logout();
    const fresh = await sandbox.refresh(authorized, refresh_token);
    await restart();

    // What was used up before the restart stays used up.
    await expect(
      sandbox.refresh(authorized, refresh_token),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    await restart();
    await expect(
      sandbox.refresh(authorized, fresh.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('finds mail, flags and UIDs again after a restart', async () => {
    sandbox = await TestSandbox.start({ stateDir });
    const bytes = Buffer.from([0, 255, 10, 13, 200]);
    for (const name of ['one', 'two', 'three']) {
      await sandbox.deliver(
        account,
        Buffer.concat([Buffer.from(`Subject: ${name}\r\n\r\n`), bytes]),
      );
    }
    const before = await openInbox();
    await before.client.messageFlagsAdd('1', ['$Processed', '\\Seen'], {
      uid: true,
    });
    await before.client.messageMove('2', 'Archive', { uid: true });
    await before.client.messageDelete('3', { uid: true });
    await before.client.mailboxCreate('../Done 2.0');
    await restart();

    const { client, opened } = await openInbox();
    expect(opened.uidValidity).toBe(before.opened.uidValidity);
    // 3 was the highest and is gone; it is not given again all the same.
    expect(opened).toMatchObject({ exists: 1, uidNext: 4 });
    const message = await client.fetchOne('1', { source: true, flags: true });
    if (!message) throw new Error('No message');
    expect(message.flags).toEqual(new Set(['$Processed', '\\Seen']));
    expect(message.source?.subarray(-5)).toEqual(bytes);
    expect(await client.status('Archive', { messages: true })).toMatchObject({
      messages: 1,
    });
    expect(
      await client.status('../Done 2.0', { messages: true }),
    ).toMatchObject({
      messages: 0,
    });

    await sandbox.api('PUT', '/faults', { renewUidValidity: { account } });
    await restart();
    const renewed = await openInbox();
    expect(renewed.opened.uidValidity).toBeGreaterThan(opened.uidValidity);
    expect(renewed.opened).toMatchObject({ exists: 1, uidNext: 2 });
  });

  it('drops a torn journal line and a message that was never announced', async () => {
    sandbox = await TestSandbox.start({ stateDir });
    await sandbox.deliver(account, 'Subject: kept\r\n\r\n');
    const { httpPort, imapPort } = sandbox;
    await sandbox.close();
    const folder = join(
      stateDir,
      'mail',
      encodeURIComponent(account).replace(/\./g, '%2E'),
      'INBOX',
    );
    const [message] = readdirSync(folder).filter(name =>
      name.endsWith('-1.eml'),
    );
    const stray = join(folder, message.replace('-1.eml', '-2.eml'));
    appendFileSync(stray, 'Subject: stray');
    appendFileSync(join(folder, 'journal.jsonl'), '{"op":"add","uid":2,"fl');

    sandbox = await TestSandbox.start({ stateDir, httpPort, imapPort });
    expect(await sandbox.deliver(account, 'Subject: next\r\n\r\n')).toBe(2);
    await restart();
    expect(
      await sandbox.api('GET', `/mailboxes/${account}/messages`),
    ).toMatchObject([{ subject: 'kept' }, { uid: 2, subject: 'next' }]);
  });

  it('keeps its files from other users, and refuses a folder it cannot read', async () => {
    sandbox = await TestSandbox.start({ stateDir });
    await sandbox.register();
    await sandbox.close();
    for (const file of ['keys.json', 'oauth.json']) {
      expect(statSync(join(stateDir, file)).mode & 0o077).toBe(0);
    }
    appendFileSync(join(stateDir, 'oauth.json'), '!');
    await expect(TestSandbox.start({ stateDir })).rejects.toThrow(
      'oauth.json is not a state file',
    );
  });

  it('says which port is taken and leaves nothing running', async () => {
    sandbox = await TestSandbox.start();
    await expect(
      startSandbox({ httpPort: 0, imapPort: sandbox.imapPort }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE', port: sandbox.imapPort });
    await expect(
      startSandbox({ httpPort: sandbox.httpPort, imapPort: 0 }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE', port: sandbox.httpPort });
    const { imapPort } = sandbox;
    await sandbox.close();
    const server = createServer().listen(imapPort, '127.0.0.1');
    await new Promise(resolve => {
      server.once('listening', resolve);
    });
    await new Promise(resolve => {
      server.close(resolve);
    });
  });
});
