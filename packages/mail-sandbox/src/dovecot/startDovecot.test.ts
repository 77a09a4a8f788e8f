// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect as connectTo, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { demoPassword } from '../accounts';
import { startSandbox, type Sandbox } from '../startSandbox';
import { findDovecot } from './findDovecot';
import { livingProcesses } from './livingProcesses';
import { SandboxApplication } from './SandboxApplication';
import { startDovecot, type Dovecot } from './startDovecot';

jest.setTimeout(60_000);

const SUPPORT = 'support@corp.test';

/** A few lines of POP3, of which only the answers' beginnings count. */
class Pop3Dialog {
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connectTo({ port, host: '127.0.0.1' });
  }

  async say(...lines: string[]): Promise<string> {
    let heard = '';
    // The greeting, then an answer to each line.
    for (const line of ['', ...lines]) {
      if (line) this.#socket.write(`${line}\r\n`);
      const [chunk] = await once(this.#socket, 'data');
      heard += chunk;
    }
    return heard;
  }

  hangUp(): void {
    this.#socket.destroy();
  }
}

describe('findDovecot', () => {
  it('finds nothing without being told, which CI does not stand for', () => {
    expect(findDovecot({ POSTROOM_DOVECOT: '/x', CI: 'true' })).toBe('/x');
    expect(findDovecot({ POSTROOM_DOVECOT: '/x' })).toBe('/x');
    expect(findDovecot({})).toBeUndefined();
    expect(() => findDovecot({ CI: 'true' })).toThrow('POSTROOM_DOVECOT');
  });
});

const program = findDovecot();
const onDovecot = program ? describe : describe.skip;

onDovecot('startDovecot (skipped where POSTROOM_DOVECOT is not set)', () => {
  let sandbox: Sandbox;
  let application: SandboxApplication;
  let dovecot: Dovecot;
  let clients: ImapFlow[];

  const start = (introspection = application.introspection) =>
    startDovecot({ program: program!, introspection });

  beforeAll(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    application = await SandboxApplication.register(sandbox);
    dovecot = await start();
  });
  afterAll(async () => {
    await dovecot.close();
    await sandbox.close();
  });
  beforeEach(() => {
    clients = [];
  });
  afterEach(async () => {
    clients.forEach(client => client.close());
    await dovecot.hungUp();
    await dovecot.mail.remove(SUPPORT);
  });

  async function connect(
    auth: ImapFlowOptions['auth'],
    more: Partial<ImapFlowOptions> = {},
  ): Promise<ImapFlow> {
    const client = new ImapFlow({
      host: 'localhost',
      port: dovecot.imapsPort,
      secure: true,
      tls: { ca: dovecot.ca },
      auth,
      logger: false,
      ...more,
    });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  }

  it('takes a password, and no other', async () => {
    const client = await connect({ user: SUPPORT, pass: demoPassword });
    expect(client.usable).toBe(true);

    await expect(
      connect({ user: SUPPORT, pass: 'wrong' }),
    ).rejects.toMatchObject({ authenticationFailed: true });
  });

  it('takes what the provider calls active, until it does not any more', async () => {
    const accessToken = await application.accessToken(SUPPORT);
    expect(await application.isActive(accessToken)).toBe(true);
    await connect({ user: SUPPORT, accessToken });

    await fetch(`http://localhost:${sandbox.httpPort}/api/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ revokeGrants: { account: SUPPORT } }),
    });
    expect(await application.isActive(accessToken)).toBe(false);
    await expect(connect({ user: SUPPORT, accessToken })).rejects.toMatchObject(
      { authenticationFailed: true },
    );
  });

  it('gives UIDs in the order of delivery, and changes mail as it is told', async () => {
    const { mail } = dovecot;
    for (let n = 1; n <= 12; n += 1) {
      await mail.deliver(SUPPORT, Buffer.from(`Subject: ${n}\r\n\r\n`));
    }
    await mail.expunge(SUPPORT, 2);
    await mail.setUidValidity(SUPPORT, 4_000_000_000);
    await mail.createFolder(SUPPORT, 'Archive');
    await mail.makeReadOnly(SUPPORT, 'Archive');

    const client = await connect({ user: SUPPORT, pass: demoPassword });
    const inbox = await client.mailboxOpen('INBOX');
    expect(inbox.uidValidity).toBe(4_000_000_000n);
    const subjects = await client.fetchAll('1:*', { envelope: true });
    expect(
      subjects.map(({ uid, envelope }) => [uid, envelope?.subject]),
    ).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(n => [n, `${n}`]));
    await client.messageFlagsAdd('3', ['\\Seen'], { uid: true });
    expect(await mail.uids(SUPPORT, 'seen')).toEqual([3]);
    expect(await mail.uids(SUPPORT)).toHaveLength(11);
    expect(await client.mailboxOpen('Archive')).toMatchObject({
      readOnly: true,
    });
  });

  it('has the same mail by POP3, one session at a time', async () => {
    await dovecot.mail.deliver(SUPPORT, Buffer.from('Subject: one\r\n\r\n'));
    const first = new Pop3Dialog(dovecot.pop3Port);
    expect(
      await first.say(`USER ${SUPPORT}`, `PASS ${demoPassword}`, 'UIDL 1'),
    ).toMatch(/\+OK 1 [0-9a-f]{16}\r\n$/);
    const second = new Pop3Dialog(dovecot.pop3Port);
    expect(await second.say(`USER ${SUPPORT}`, `PASS ${demoPassword}`)).toMatch(
      /-ERR \[IN-USE\]/,
    );
    first.hangUp();
    second.hangUp();
  });

  it('tells of connections that are left open', async () => {
    const client = await connect({ user: SUPPORT, pass: demoPassword });
    let isHungUp = false;
    const hungUp = dovecot.hungUp().then(() => {
      isHungUp = true;
    });
    // A round trip through both: long enough to see that it waits.
    await dovecot.mail.uids(SUPPORT);
    await client.noop();
    expect(isHungUp).toBe(false);

    await client.logout();
    await hungUp;
    expect(isHungUp).toBe(true);
  });

  it('leaves no process and no file', async () => {
    const before = ownInstances();
    const another = await start();
    const [[config, group]] = [...ownInstances()].filter(
      ([path]) => !before.has(path),
    );
    expect(existsSync(config)).toBe(true);
    expect((await livingProcesses(group)).length).toBeGreaterThan(5);

    await another.close();
    expect(await livingProcesses(group)).toEqual([]);
    expect(existsSync(dirname(config))).toBe(false);
  });

  it('says why it did not start, and leaves nothing then either', async () => {
    const before = ownInstances();
    const { introspection } = application;
    await expect(
      startDovecot({ program: '/nowhere/dovecot', introspection }),
    ).rejects.toThrow(/did not start[^]*not found/);
    await expect(
      startDovecot({
        program: program!,
        introspection,
        mechanisms: ['NONE' as 'PLAIN'],
      }),
    ).rejects.toThrow(/did not start[^]*unknown authentication mechanism/i);
    await expect(
      start({ ...introspection, clientSecret: 'a b"c' }),
    ).rejects.toThrow('Not fit');
    expect(ownInstances()).toEqual(before);
  });
});

/** Dovecots that this process started: their configurations and groups. */
function ownInstances(): Map<string, number> {
  const table = execFileSync('ps', ['-eo', 'pid,ppid,args'], {
    encoding: 'utf8',
  });
  const rows = table.matchAll(/^ *(\d+) +(\d+) .* -c (\S+dovecot\.conf)$/gm);
  return new Map(
    [...rows]
      .filter(([, , parent]) => Number(parent) === process.pid)
      .map(([, pid, , config]) => [config, Number(pid)]),
  );
}
