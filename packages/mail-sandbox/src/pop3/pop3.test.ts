// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RawConnection } from '../__testUtils__/RawConnection';
import { TestSandbox } from '../__testUtils__/TestSandbox';

const account = 'support@corp.test';

let sandbox: TestSandbox;
const peers: RawConnection[] = [];

beforeEach(async () => {
  sandbox = await TestSandbox.start();
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await sandbox.close();
});

/** A raw client; what it gets is compared byte by byte. */
class Pop3Peer extends RawConnection {
  static async greeted(
    socket = connect(sandbox.pop3Port, '127.0.0.1'),
  ): Promise<Pop3Peer> {
    const peer = new Pop3Peer(socket);
    peers.push(peer);
    await peer.until(/^\+OK Mail sandbox ready\r$/);
    return peer;
  }

  static async loggedIn(address = account): Promise<Pop3Peer> {
    const peer = await Pop3Peer.greeted();
    await peer.says(`USER ${address}`);
    const reply = await peer.says('PASS sandbox');
    if (reply !== '+OK Logged in') throw new Error(reply);
    return peer;
  }

  /** Sends a line and gives the first line of the reply. */
  async says(line: string): Promise<string> {
    return (await this.send(`${line}\r\n`).until(/^(\+|-)/)).trimEnd();
  }

  /** Sends a line and gives the text of a multi-line reply as it came. */
  async text(line: string): Promise<string> {
    const status = await this.says(line);
    if (!status.startsWith('+OK')) throw new Error(status);
    return this.until(/^\.\r$/);
  }
}

function faults(body: Record<string, unknown>) {
  return sandbox.api('PUT', '/faults', body);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function xoauth2(token: string, user = account): string {
  return base64(`user=${user}\x01auth=Bearer ${token}\x01\x01`);
}

async function accessToken(): Promise<string> {
  return (await sandbox.authorize(account)).tokens.access_token;
}

async function deliver(...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    await sandbox.deliver(account, Buffer.from(body, 'latin1'));
  }
}

async function subjects(): Promise<string[]> {
  const messages = await sandbox.api('GET', `/mailboxes/${account}/messages`);
  return messages.map(({ subject }: { subject: string }) => subject);
}

describe('the POP3 server', () => {
  it('tells what it can do, before and after the login', async () => {
    const peer = await Pop3Peer.greeted();
    const expected = [
      'TOP',
      'USER',
      'UIDL',
      'SASL PLAIN XOAUTH2 OAUTHBEARER',
      'RESP-CODES',
      'AUTH-RESP-CODE',
      'PIPELINING',
      'EXPIRE NEVER',
      'IMPLEMENTATION mail-sandbox',
      '.',
      '',
    ].join('\r\n');
    expect(await peer.text('CAPA')).toBe(expected);
    expect(await peer.text('AUTH')).toBe(
      'PLAIN\r\nXOAUTH2\r\nOAUTHBEARER\r\n.\r\n',
    );
    const inside = await Pop3Peer.loggedIn();
    expect(await inside.text('capa')).toBe(expected);
  });

  describe('login', () => {
    it('takes a password by USER and PASS and by PLAIN, and no other', async () => {
      const peer = await Pop3Peer.greeted();
      expect(await peer.says('PASS sandbox')).toBe('-ERR Say USER first');
      expect(await peer.says('USER nobody@corp.test')).toBe(
        '+OK Say the password',
      );
      const refused = '-ERR [AUTH] Authentication failed';
      expect(await peer.says('PASS sandbox')).toBe(refused);
      await peer.says(`USER ${account}`);
      expect(await peer.says('PASS  sandbox')).toBe(refused);
      expect(
        await peer.says(`AUTH PLAIN ${base64(`\0${account}\0wrong`)}`),
      ).toBe(refused);
      expect(
        await peer.says(`auth plain ${base64(`\0${account}\0sandbox`)}`),
      ).toBe('+OK Logged in');
      expect(await peer.says('USER x')).toBe('-ERR Already logged in');
      expect(await sandbox.api('GET', '/stats')).toMatchObject({
        pop3Logins: 1,
        pop3LoginFailures: 3,
        pop3ConnectionsOpen: 1,
      });
    });

    it('takes a token by XOAUTH2 in two lines and in one, and by OAUTHBEARER', async () => {
      const token = await accessToken();
      const twoLines = await Pop3Peer.greeted();
      expect(await twoLines.says('AUTH XOAUTH2')).toBe('+');
      expect(await twoLines.says(xoauth2(token))).toBe('+OK Logged in');
      expect(await twoLines.says('QUIT')).toMatch(/^\+OK/);

      const oneLine = await Pop3Peer.greeted();
      expect(await oneLine.says(`AUTH XOAUTH2 ${xoauth2(token)}`)).toBe(
        '+OK Logged in',
      );
      await oneLine.says('QUIT');

      const bearer = await Pop3Peer.greeted();
      await bearer.says('AUTH OAUTHBEARER');
      expect(
        await bearer.says(
          base64(
            `n,a=${account},\x01host=localhost\x01port=1\x01auth=Bearer ${token}\x01\x01`,
          ),
        ),
      ).toBe('+OK Logged in');
    });

    it('says why it refuses a token and waits for the answer to that', async () => {
      const peer = await Pop3Peer.greeted();
      await peer.says('AUTH XOAUTH2');
      const [, challenge] = (await peer.says(xoauth2('garbage'))).split(' ');
      expect(JSON.parse(Buffer.from(challenge, 'base64').toString())).toEqual({
        status: '401',
        schemes: 'bearer',
        scope: 'mail',
      });
      const refused = '-ERR [AUTH] Authentication failed';
      expect(await peer.says('')).toBe(refused);
      const bearer = base64(`n,a=${account},\x01auth=Bearer garbage\x01\x01`);
      expect(await peer.says(`AUTH OAUTHBEARER ${bearer}`)).toMatch(/^\+ /);
      expect(await peer.says('AQ==')).toBe(refused);
      // A token of somebody else is as good as none.
      const foreign = xoauth2(await accessToken(), 'payments@corp.test');
      expect(await peer.says(`AUTH XOAUTH2 ${foreign}`)).toMatch(/^\+ /);
      expect(await peer.says('')).toBe(refused);
      expect(await peer.says('STAT')).toBe('-ERR Log in first');
    });

    it('refuses as Microsoft does where it is asked to', async () => {
      await faults({ loginRefusal: 'microsoft' });
      const peer = await Pop3Peer.greeted();
      await peer.says('AUTH XOAUTH2');
      expect(await peer.says(xoauth2('garbage'))).toBe(
        '-ERR Authentication failure: unknown user name or bad password.',
      );
      await expect(
        sandbox.connectImap({ user: account, accessToken: 'garbage' }),
      ).rejects.toMatchObject({
        authenticationFailed: true,
        responseText: 'AUTHENTICATE failed.',
      });
    });

    it('lets a client cancel, and refuses what is no message', async () => {
      const peer = await Pop3Peer.greeted();
      await peer.says('AUTH XOAUTH2');
      expect(await peer.says('*')).toBe('-ERR Cancelled');
      expect(await peer.says('AUTH PLAIN =')).toMatch(/^-ERR This is not/);
      expect(await peer.says('AUTH PLAIN ###')).toMatch(/^-ERR This is not/);
      expect(await peer.says('AUTH CRAM-MD5')).toMatch(/not offered/);
      expect(await peer.says('QUIT')).toBe('+OK Until next time');
      await peer.closed();
    });

    it('gives a maildrop to one session at a time (R18)', async () => {
      const first = await Pop3Peer.loggedIn();
      const second = await Pop3Peer.greeted();
      await second.says(`USER ${account}`);
      expect(await second.says('PASS sandbox')).toBe(
        '-ERR [IN-USE] Another session has this mailbox',
      );
      await Pop3Peer.loggedIn('payments@corp.test');
      first.destroy();
      // The server learns of the end a moment later.
      let reply = '';
      while (reply !== '+OK Logged in') {
        await second.says(`USER ${account}`);
        reply = await second.says('PASS sandbox');
      }
    });

    it.each(['IN-USE', 'LOGIN-DELAY', 'SYS/TEMP', 'SYS/PERM', 'AUTH'])(
      'refuses good credentials with [%s] by fault (R18)',
      async code => {
        await faults({ pop3RefuseLogin: code });
        const peer = await Pop3Peer.greeted();
        await peer.says(`USER ${account}`);
        expect(await peer.says('PASS sandbox')).toMatch(`-ERR [${code}] `);
        await faults({ pop3RefuseLogin: null });
        await peer.says(`USER ${account}`);
        expect(await peer.says('PASS sandbox')).toBe('+OK Logged in');
      },
    );
  });

  describe('the maildrop', () => {
    const one = 'Subject: one\r\n\r\nHello.\r\n';
    const two = 'Subject: two\r\n\r\na\r\nb\r\nc\r\n';

    it('answers STAT, LIST, UIDL, RETR and TOP', async () => {
      await deliver(one, two);
      const peer = await Pop3Peer.loggedIn();
      expect(await peer.says('STAT')).toBe(`+OK 2 ${one.length + two.length}`);
      expect(await peer.text('LIST')).toBe(
        `1 ${one.length}\r\n2 ${two.length}\r\n.\r\n`,
      );
      expect(await peer.says('LIST 2')).toBe(`+OK 2 ${two.length}`);
      const ids = await peer.text('UIDL');
      const [first, second] = ids.split('\r\n').map(line => line.split(' ')[1]);
      expect(first).toMatch(/^\d+\.1$/);
      expect(await peer.says('UIDL 2')).toBe(`+OK 2 ${second}`);
      expect(await peer.says('RETR 1')).toBe(`+OK ${one.length} octets`);
      expect(await peer.until(/^\.\r$/)).toBe(`${one}.\r\n`);
      expect(await peer.text('TOP 2 0')).toBe('Subject: two\r\n\r\n.\r\n');
      expect(await peer.text('TOP 2 2')).toBe(
        'Subject: two\r\n\r\na\r\nb\r\n.\r\n',
      );
      expect(await peer.text('TOP 2 99')).toBe(`${two}.\r\n`);
      for (const wrong of ['LIST 3', 'UIDL 0', 'RETR x', 'RETR', 'TOP 1']) {
        expect(await peer.says(wrong)).toMatch(/^-ERR/);
      }
      expect(await peer.says('NOOP')).toMatch(/^\+OK/);

      // The same identifiers in the next session, also after a new mail.
      await peer.says('QUIT');
      await deliver(one);
      const again = await Pop3Peer.loggedIn();
      expect(await again.text('UIDL')).toMatch(ids.slice(0, -3));
    });

    it('sends every byte as it is, with a dot more where one begins a line (R19)', async () => {
      const bytes = String.fromCharCode(...Array(256).keys());
      const cases: [stored: string, sent: string][] = [
        ['', ''],
        ['.', '..\r\n'],
        ['.\r\n', '..\r\n'],
        ['a\r\n.\r\n..\r\n.x\r\n', 'a\r\n..\r\n...\r\n..x\r\n'],
        ['no end', 'no end\r\n'],
        ['lone\nlone\r.\n.\nend\n', 'lone\nlone\r.\n.\nend\n\r\n'],
        [`${bytes}\r\n`, `${bytes}\r\n`],
      ];
      await deliver(...cases.map(([stored]) => stored));
      const peer = await Pop3Peer.loggedIn();
      for (const [index, [stored, sent]] of cases.entries()) {
        const number = index + 1;
        expect(await peer.says(`LIST ${number}`)).toBe(
          `+OK ${number} ${stored.length}`,
        );
        await peer.says(`RETR ${number}`);
        const reply = `${sent}.\r\n`;
        expect(await peer.bytes(reply.length)).toBe(reply);
      }
      await peer.says('QUIT');
      expect(peer.received).toBe('');
    });

    it('sends and counts lone line feeds as CRLF where it is asked to', async () => {
      await faults({ pop3RepairLineEnds: true });
      await deliver('a\n.b\r\nc');
      const peer = await Pop3Peer.loggedIn();
      expect(await peer.says('LIST 1')).toBe('+OK 1 8');
      expect(await peer.text('RETR 1')).toBe('a\r\n..b\r\nc\r\n.\r\n');
    });

    it('deletes at QUIT and only then', async () => {
      await deliver(one, two, one);
      const peer = await Pop3Peer.loggedIn();
      expect(await peer.says('DELE 1')).toMatch(/^\+OK/);
      expect(await peer.says('DELE 1')).toMatch(/^-ERR/);
      expect(await peer.says('RETR 1')).toMatch(/^-ERR/);
      expect(await peer.says('STAT')).toBe(`+OK 2 ${two.length + one.length}`);
      expect(await peer.text('LIST')).toMatch(/^2 .*\r\n3 /);
      await peer.says('RSET');
      expect(await peer.says('STAT')).toMatch(/^\+OK 3 /);
      await peer.says('DELE 2');
      peer.destroy();
      expect(await subjects()).toEqual(['one', 'two', 'one']);

      let again: Pop3Peer | undefined;
      while (!again) again = await Pop3Peer.loggedIn().catch(() => undefined);
      await again.says('DELE 1');
      // What comes meanwhile is neither seen nor touched.
      await deliver('Subject: late\r\n\r\n');
      expect(await again.says('STAT')).toMatch(/^\+OK 2 /);
      expect(await again.says('QUIT')).toMatch(/^\+OK/);
      expect(await subjects()).toEqual(['two', 'one', 'late']);
    });

    it('deletes nothing of a mailbox that was renumbered meanwhile', async () => {
      await deliver(one, two);
      const peer = await Pop3Peer.loggedIn();
      await peer.says('DELE 1');
      await faults({ renewUidValidity: { account } });
      await peer.says('QUIT');
      expect(await subjects()).toEqual(['one', 'two']);
    });

    it('reads commands however they are cut, and several at once', async () => {
      await deliver(one);
      const peer = await Pop3Peer.greeted();
      const script = `USER ${account}\r\nPASS sandbox\r\nRETR 1\r\nnoop\nQUIT\r\n`;
      for (const byte of script) {
        peer.send(byte);
        await new Promise(setImmediate);
      }
      const expected = [
        '+OK Say the password',
        '+OK Logged in',
        `+OK ${one.length} octets`,
        `${one}.`,
        '+OK Nothing done',
        '+OK Until next time',
        '',
      ].join('\r\n');
      expect(await peer.closed()).toBe(expected);
      const pipelined = await Pop3Peer.greeted();
      pipelined.send(script);
      expect(await pipelined.closed()).toBe(expected);
    });

    it('survives nonsense, and lets go of those who say nothing else', async () => {
      const peer = await Pop3Peer.greeted();
      expect(await peer.says('RETR\t1')).toBe('-ERR Unknown command');
      expect(await peer.says('\xff\xfe')).toBe('-ERR Unknown command');
      expect(await peer.says('X'.repeat(20_000))).toBe('-ERR Line too long');
      expect(await peer.says('CAPA')).toMatch(/^\+OK/);
      peer.send('WHAT\r\n'.repeat(100));
      await peer.closed();
    });
  });

  describe('faults', () => {
    const mail = `Subject: x\r\n\r\n${'line\r\n'.repeat(100)}`;

    it('knows no UIDL (R16)', async () => {
      await faults({ pop3Uidl: 'absent' });
      const peer = await Pop3Peer.loggedIn();
      expect(await peer.text('CAPA')).not.toContain('UIDL');
      expect(await peer.says('UIDL')).toBe('-ERR Unknown command');
    });

    it('gives other identifiers in each session (R16)', async () => {
      await faults({ pop3Uidl: 'changing' });
      await deliver(mail);
      const seen = new Set<string>();
      for (let session = 0; session < 3; session += 1) {
        const peer = await Pop3Peer.loggedIn();
        seen.add(await peer.text('UIDL'));
        expect(await peer.text('UIDL')).toBe([...seen].at(-1));
        await peer.says('QUIT');
      }
      expect(seen.size).toBe(3);
    });

    it('gives equal messages the same identifier (R17)', async () => {
      await faults({ pop3Uidl: 'duplicate' });
      await deliver(mail, mail, 'Subject: other\r\n\r\n');
      const peer = await Pop3Peer.loggedIn();
      const ids = (await peer.text('UIDL'))
        .split('\r\n')
        .map(line => line.split(' ')[1]);
      expect(ids[1]).toBe(ids[0]);
      expect(ids[2]).not.toBe(ids[0]);
    });

    it('lies about sizes', async () => {
      await faults({ pop3SizeError: -7 });
      await deliver(mail);
      const peer = await Pop3Peer.loggedIn();
      expect(await peer.says('LIST 1')).toBe(`+OK 1 ${mail.length - 7}`);
      expect(await peer.text('RETR 1')).toBe(`${mail}.\r\n`);
    });

    it('cuts the connection after so many bytes (R20)', async () => {
      await deliver(mail);
      const peer = await Pop3Peer.loggedIn();
      await faults({ pop3DropAfterBytes: 100, pop3DelayMs: 1 });
      peer.send('RETR 1\r\n');
      expect(await peer.closed()).toHaveLength(100);
    });

    it('stalls in the middle of a message, and notices that the client leaves (R21)', async () => {
      await deliver(mail);
      await faults({ pop3StallAfterBytes: 50 });
      const peer = await Pop3Peer.loggedIn();
      await peer.says('RETR 1');
      expect(await peer.bytes(50)).toBe(mail.slice(0, 50));
      await faults({ pop3StallAfterBytes: null });
      peer.destroy();
      let again: Pop3Peer | undefined;
      while (!again) again = await Pop3Peer.loggedIn().catch(() => undefined);
      expect(await again.text('RETR 1')).toBe(`${mail}.\r\n`);
    });

    it('leaves out the dot that ends a reply', async () => {
      await faults({ pop3Unterminated: true });
      await deliver(mail);
      const peer = await Pop3Peer.loggedIn();
      await peer.says('RETR 1');
      expect(await peer.bytes(mail.length)).toBe(mail);
      expect(await peer.says('NOOP')).toBe('+OK Nothing done');
    });

    it.each([
      ['after-deleting', []],
      ['before-deleting', ['x']],
    ])('loses the reply to QUIT %s (R3)', async (pop3QuitLost, left) => {
      await faults({ pop3QuitLost });
      await deliver(mail);
      const peer = await Pop3Peer.loggedIn();
      await peer.says('DELE 1');
      peer.send('QUIT\r\n');
      expect(await peer.closed()).toBe('');
      expect(await subjects()).toEqual(left);
    });

    it('deletes what was retrieved, without QUIT', async () => {
      await faults({ pop3DeleteOnRetr: true });
      await deliver(mail, 'Subject: kept\r\n\r\n');
      const peer = await Pop3Peer.loggedIn();
      expect(await peer.text('RETR 1')).toBe(`${mail}.\r\n`);
      peer.destroy();
      expect(await subjects()).toEqual(['kept']);
    });

    it('lists some at a time and hides what was retrieved, as Gmail does', async () => {
      await faults({ pop3ListLimit: 2, pop3HideRetrieved: true });
      await deliver(
        ...['one', 'two', 'three'].map(x => `Subject: ${x}\r\n\r\n`),
      );
      const first = await Pop3Peer.loggedIn();
      expect(await first.says('STAT')).toMatch(/^\+OK 2 /);
      await first.text('RETR 1');
      await first.text('TOP 2 0');
      await first.says('QUIT');
      const second = await Pop3Peer.loggedIn();
      expect(await second.text('RETR 1')).toContain('two');
      expect(await second.text('RETR 2')).toContain('three');
      // No QUIT, so nothing counts as retrieved.
      second.destroy();
      let third: Pop3Peer | undefined;
      while (!third) third = await Pop3Peer.loggedIn().catch(() => undefined);
      expect(await third.says('STAT')).toMatch(/^\+OK 2 /);
      expect(await sandbox.api('GET', '/stats')).toMatchObject({
        pop3Retrieved: 3,
      });
    });

    it('takes the server down and up again', async () => {
      const peer = await Pop3Peer.loggedIn();
      await faults({ pop3Down: true });
      await peer.closed();
      await expect(Pop3Peer.greeted()).rejects.toThrow('Closed');
      await (await sandbox.connectImap()).logout();
      await faults({ pop3Down: false });
      await Pop3Peer.loggedIn();
    });
  });

  it('speaks TLS from the first byte on its other port', async () => {
    const socket = connectTls({
      port: sandbox.pop3sPort,
      host: 'localhost',
      ca: sandbox.ca,
    });
    const peer = await Pop3Peer.greeted(socket);
    expect(socket.authorized).toBe(true);
    await peer.says(`USER ${account}`);
    expect(await peer.says('PASS sandbox')).toBe('+OK Logged in');
    const open = async () =>
      (await sandbox.api('GET', '/stats')).pop3ConnectionsOpen;
    expect(await open()).toBe(1);
    peer.destroy();
    while ((await open()) > 0);
    await Pop3Peer.loggedIn();
  });
});
