// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import type { ImapFlow } from 'imapflow';
import { RawConnection } from '../__testUtils__/RawConnection';
import { TestSandbox } from '../__testUtils__/TestSandbox';

const account = 'support@corp.test';

let sandbox: TestSandbox;
const peers: RawConnection[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await sandbox.close();
});

async function start(options?: Parameters<typeof TestSandbox.start>[0]) {
  sandbox = await TestSandbox.start(options);
}

/** A connection that says what it is told, however wrong. */
class ImapPeer extends RawConnection {
  constructor() {
    super(connect(sandbox.imapPort, '127.0.0.1'));
    peers.push(this);
  }

  async loggedIn(mailbox = 'INBOX'): Promise<this> {
    this.send(`l LOGIN ${account} sandbox\r\ns SELECT ${mailbox}\r\n`);
    await this.until(/^s OK/);
    return this;
  }
}

async function openInbox(): Promise<ImapFlow> {
  const client = await sandbox.connectImap();
  await client.mailboxOpen('INBOX');
  return client;
}

/** Every byte value, and everything a reader could trip over. */
const awkward = Buffer.concat([
  Buffer.from('Subject: bytes\r\n\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\r\n.\r\n{5}\r\n* BYE\r\na)\r\nlone\nlone\rend'),
]);

describe('the IMAP server', () => {
  describe('login', () => {
    it.each([
      ['OAUTHBEARER', undefined, { status: 'invalid_token', scope: 'mail' }],
      [
        'XOAUTH2',
        ['PLAIN', 'XOAUTH2'] as const,
        { status: '401', schemes: 'bearer', scope: 'mail' },
      ],
    ])(
      'takes a token by %s and says why it refuses one',
      async (_mechanism, imapMechanisms, oauthError) => {
        await start({ imapMechanisms });
        const { tokens } = await sandbox.authorize(account);
        const user = account;
        const client = await sandbox.connectImap({
          user,
          accessToken: tokens.access_token,
        });
        await client.logout();
        // Only the mechanism in question says it in this form.
        await expect(
          sandbox.connectImap({ user, accessToken: 'garbage' }),
        ).rejects.toMatchObject({
          authenticationFailed: true,
          serverResponseCode: 'AUTHENTICATIONFAILED',
          oauthError,
        });
      },
    );

    it.each(['AUTH=PLAIN', 'LOGIN'])(
      'takes a password by %s and refuses a wrong one',
      async loginMethod => {
        await start({
          imapMechanisms: loginMethod === 'LOGIN' ? ['XOAUTH2'] : undefined,
        });
        const user = account;
        const client = await sandbox.connectImap({ user, pass: 'sandbox' });
        await client.logout();
        await expect(
          sandbox.connectImap({ user, pass: 'wrong' }),
        ).rejects.toMatchObject({ authenticationFailed: true });
        await expect(
          sandbox.connectImap({ user: 'nobody@corp.test', pass: 'sandbox' }),
        ).rejects.toMatchObject({ authenticationFailed: true });
      },
    );

    it('takes the message after a continuation as well', async () => {
      await start();
      const plain = Buffer.from(`\0${account}\0sandbox`).toString('base64');
      const raw = new ImapPeer();
      raw.send('a AUTHENTICATE PLAIN\r\n');
      await raw.until(/^\+ /);
      raw.send(`${plain}\r\n`);
      await raw.until(/^a OK/);
      raw.send(`b AUTHENTICATE PLAIN ${plain}\r\n`);
      await raw.until(/^b BAD/);

      const { tokens } = await sandbox.authorize(account);
      const bearer = (token: string) =>
        Buffer.from(`user=${account}\x01auth=Bearer ${token}\x01\x01`).toString(
          'base64',
        );
      const other = new ImapPeer();
      other.send(`a AUTHENTICATE XOAUTH2\r\n${bearer('bad')}\r\n`);
      await other.until(/^\+ \r/);
      const challenge = await other.until(/^\+ /);
      expect(
        JSON.parse(Buffer.from(challenge.slice(2), 'base64').toString()),
      ).toMatchObject({ status: '401' });
      other.send('\r\n');
      await other.until(/^a NO \[AUTHENTICATIONFAILED\]/);
      other.send('b AUTHENTICATE XOAUTH2\r\n*\r\n');
      await other.until(/^b BAD/);
      other.send('c AUTHENTICATE XOAUTH2 !!!\r\n');
      await other.until(/^c BAD/);
      other.send(`d AUTHENTICATE XOAUTH2 ${bearer(tokens.access_token)}\r\n`);
      await other.until(/^d OK/);
    });
  });

  describe('messages', () => {
    beforeEach(() => start());

    it('keeps every byte, delivered or appended, whole or in parts', async () => {
      const uid = await sandbox.deliver(account, awkward);
      const client = await openInbox();
      const appended = await client.append(
        'INBOX',
        awkward,
        ['$Kept'],
        new Date(0),
      );
      expect(appended && appended.uid).toBe(uid + 1);
      for await (const message of client.fetch(
        `${uid}:*`,
        { source: true, size: true, flags: true, internalDate: true },
        { uid: true },
      )) {
        expect(message.source?.equals(awkward)).toBe(true);
        expect(message.size).toBe(awkward.length);
        if (message.uid === uid) continue;
        expect(message.flags).toEqual(new Set(['$Kept']));
        expect(message.internalDate).toEqual(new Date(0));
      }
      const part = await client.fetchOne(
        String(uid),
        { source: { start: 100, maxLength: 50 } },
        { uid: true },
      );
      expect(part && part.source).toEqual(awkward.subarray(100, 150));
      const { content } = await client.download(String(uid), undefined, {
        uid: true,
        chunkSize: 64,
      });
      const chunks: Buffer[] = [];
      for await (const chunk of content ?? []) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(awkward)).toBe(true);
    });

    it('carries 10 MB both ways', async () => {
      const large = Buffer.alloc(10 * 1024 * 1024, 'Large mail. \r\n');
      await sandbox.deliver(account, large);
      const client = await openInbox();
      await client.append('INBOX', large);
      for (const uid of ['1', '2']) {
        const message = await client.fetchOne(
          uid,
          { source: true },
          { uid: true },
        );
        expect(message && message.source?.equals(large)).toBe(true);
      }
    });

    it('sets \\Seen for BODY[] and not for BODY.PEEK[]', async () => {
      await sandbox.deliver(account, 'Subject: x\r\n\r\nbody');
      const raw = await new ImapPeer().loggedIn();
      raw.send('a UID FETCH 1 (BODY.PEEK[] FLAGS)\r\n');
      expect(await raw.until(/^a OK/)).toContain('FLAGS ())');
      raw.send('b UID FETCH 1 BODY[TEXT]<1.2>\r\n');
      expect(await raw.until(/^b OK/)).toContain(
        '* 1 FETCH (UID 1 BODY[TEXT]<1> {2}\r\nod FLAGS (\\Seen))',
      );
      raw.send('c EXAMINE INBOX\r\nd STORE 1 -FLAGS \\Seen\r\n');
      await raw.until(/^d NO \[READ-ONLY\]/);
    });

    it('finds messages', async () => {
      await sandbox.deliver(
        account,
        'Message-ID: <one@x>\r\nSubject: One\r\n\r\n',
      );
      await sandbox.deliver(
        account,
        'Message-ID: <two@x>\r\nSubject: Two\r\n\r\n',
      );
      const client = await openInbox();
      await client.append(
        'INBOX',
        'Subject: Old\r\n\r\n',
        ['\\Seen'],
        '2020-03-04',
      );
      const search = (query: Parameters<ImapFlow['search']>[0]) =>
        client.search(query, { uid: true });
      expect(await search({ all: true })).toEqual([1, 2, 3]);
      expect(await search({ seen: false })).toEqual([1, 2]);
      expect(await search({ seen: true })).toEqual([3]);
      expect(await search({ uid: '2:*' })).toEqual([2, 3]);
      expect(await search({ uid: '9:*' })).toEqual([3]);
      expect(await search({ since: '2021-01-01' })).toEqual([1, 2]);
      expect(await search({ before: '2020-03-05' })).toEqual([3]);
      expect(await search({ header: { 'Message-ID': '<TWO@x>' } })).toEqual([
        2,
      ]);
      expect(
        await search({ or: [{ subject: 'one' }, { seen: true }] }),
      ).toEqual([1, 3]);
      expect(await search({ not: { uid: '1' }, unKeyword: '$X' })).toEqual([
        2, 3,
      ]);
    });

    it('keeps flags and keywords, and tells other sessions of them', async () => {
      await sandbox.deliver(account, 'Subject: x\r\n\r\n');
      const client = await openInbox();
      const other = await openInbox();
      expect(client.mailbox && client.mailbox.permanentFlags).toContain('\\*');
      const told = new Promise(resolve => {
        other.once('flags', resolve);
      });
      await client.messageFlagsAdd('1', ['\\Flagged', '$Processed'], {
        uid: true,
      });
      await other.noop();
      expect(await told).toMatchObject({
        uid: 1,
        flags: new Set(['\\Flagged', '$Processed']),
      });
      await client.messageFlagsRemove('1', ['\\Flagged'], { uid: true });
      expect(await client.search({ keyword: '$Processed' })).toEqual([1]);
      expect(await client.search({ flagged: true })).toEqual([]);
      await client.messageFlagsSet('1', ['\\Seen'], { uid: true });
      const message = await client.fetchOne('1', { flags: true });
      expect(message && message.flags).toEqual(new Set(['\\Seen']));
    });

    it('moves, copies and expunges with the UIDs told', async () => {
      for (const name of ['a', 'b', 'c', 'd']) {
        await sandbox.deliver(account, `Subject: ${name}\r\n\r\n`);
      }
      const client = await openInbox();
      const witness = await openInbox();
      const archive = await client.status('Archive', { uidValidity: true });
      expect(
        await client.messageMove('1:2', 'Archive', { uid: true }),
      ).toMatchObject({
        uidValidity: archive && archive.uidValidity,
        uidMap: new Map([
          [1, 1],
          [2, 2],
        ]),
      });
      expect(
        await client.messageCopy('4', 'Archive', { uid: true }),
      ).toMatchObject({
        uidMap: new Map([[4, 3]]),
      });
      expect(await client.messageMove('3', 'Nowhere', { uid: true })).toBe(
        false,
      );
      await client.messageDelete('3', { uid: true });
      expect(await client.search({ all: true }, { uid: true })).toEqual([4]);
      await witness.noop();
      expect(witness.mailbox && witness.mailbox.exists).toBe(1);
      expect(await witness.search({ all: true })).toEqual([1]);
      expect(await client.status('Archive', { messages: true })).toMatchObject({
        messages: 3,
      });
      // A UID is never used again.
      expect(await sandbox.deliver(account, 'Subject: e\r\n\r\n')).toBe(5);
    });

    it('keeps sequence numbers while a client uses them', async () => {
      for (const name of ['a', 'b', 'c']) {
        await sandbox.deliver(account, `Subject: ${name}\r\n\r\n`);
      }
      const raw = await new ImapPeer().loggedIn();
      const client = await openInbox();
      await client.messageDelete('1', { uid: true });
      raw.send('a FETCH 2 (UID)\r\n');
      expect(await raw.until(/^a OK/)).toBe(
        '* 2 FETCH (UID 2)\r\na OK Fetched\r\n',
      );
      raw.send('b NOOP\r\n');
      expect(await raw.until(/^b OK/)).toContain('* 1 EXPUNGE\r\n');
      raw.send('c FETCH 2 (UID)\r\nd FETCH 3 (UID)\r\n');
      expect(await raw.until(/^c OK/)).toContain('* 2 FETCH (UID 3)\r\n');
      await raw.until(/^d BAD/);
    });

    it('pushes a delivery into IDLE at once', async () => {
      const client = await openInbox();
      const arrived = new Promise(resolve => {
        client.once('exists', resolve);
      });
      const idling = client.idle();
      let { idleSessions } = await sandbox.api('GET', '/stats');
      while (idleSessions === 0) {
        ({ idleSessions } = await sandbox.api('GET', '/stats'));
      }
      await sandbox.deliver(account, 'Subject: now\r\n\r\n');
      expect(await arrived).toMatchObject({ count: 1, prevCount: 0 });
      await client.noop();
      await idling;
      expect((await sandbox.api('GET', '/stats')).idleSessions).toBe(0);
    });

    it('tells envelope and structure as imapflow reads them', async () => {
      await sandbox.deliver(
        account,
        [
          'From: "Lovelace, Ada" <ada@example.com>',
          'To: support@corp.test, Bob <bob@example.com>',
          'Subject: =?UTF-8?B?w7xi?=',
          'Message-ID: <1@example.com>',
          'In-Reply-To: <0@example.com>',
          'Date: Mon, 02 Feb 2026 10:00:00 +0000',
          'Content-Type: multipart/mixed; boundary="b"',
          '',
          'preamble',
          '--b',
          'Content-Type: text/plain; charset=utf-8',
          '',
          'hello',
          '--b',
          'Content-Type: application/pdf; name="a.pdf"',
          'Content-Disposition: attachment; filename="a.pdf"',
          'Content-Transfer-Encoding: base64',
          '',
          'AAAA',
          '--b--',
          '',
        ].join('\r\n'),
      );
      const client = await openInbox();
      const message = await client.fetchOne('1', {
        envelope: true,
        bodyStructure: true,
        headers: ['subject', 'message-id'],
        bodyParts: ['1', '2'],
      });
      if (!message) throw new Error('No message');
      expect(message.envelope).toMatchObject({
        subject: 'üb',
        from: [{ name: 'Lovelace, Ada', address: 'ada@example.com' }],
        to: [
          { address: 'support@corp.test' },
          { name: 'Bob', address: 'bob@example.com' },
        ],
        messageId: '<1@example.com>',
        inReplyTo: '<0@example.com>',
      });
      expect(message.bodyStructure).toMatchObject({
        type: 'multipart/mixed',
        childNodes: [
          { part: '1', type: 'text/plain', parameters: { charset: 'utf-8' } },
          {
            part: '2',
            type: 'application/pdf',
            encoding: 'base64',
            disposition: 'attachment',
            dispositionParameters: { filename: 'a.pdf' },
          },
        ],
      });
      expect(message.headers?.toString()).toBe(
        'Subject: =?UTF-8?B?w7xi?=\r\nMessage-ID: <1@example.com>\r\n\r\n',
      );
      expect(message.bodyParts?.get('1')?.toString()).toBe('hello');
      expect(message.bodyParts?.get('2')?.toString()).toBe('AAAA');
    });

    it('lists mailboxes and makes new ones', async () => {
      const client = await sandbox.connectImap();
      await client.mailboxCreate('Done/2026');
      expect((await client.list()).map(({ path }) => path).sort()).toEqual([
        'Archive',
        'Done/2026',
        'INBOX',
      ]);
      await expect(client.mailboxCreate('ARCHIVE')).resolves.toMatchObject({
        created: false,
      });
      await expect(client.mailboxOpen('Nowhere')).rejects.toMatchObject({
        serverResponseCode: 'NONEXISTENT',
      });
    });
  });

  describe('against clients that misbehave', () => {
    beforeEach(() => start());

    it('answers nonsense with BAD and goes on', async () => {
      const raw = await new ImapPeer().loggedIn();
      const nonsense = [
        ['a', 'a FROBNICATE'],
        ['b', 'b UID FETCH'],
        ['c', 'c UID FETCH 1 (BODY['],
        ['d', 'd UID FETCH 0:x ALL'],
        ['e', 'e UID STORE 1 FLAGS (\\Recent)'],
        ['f', `f SEARCH ${'('.repeat(100)}`],
        ['g', `g SEARCH ${'NOT '.repeat(100)}ALL`],
        ['h', 'h LIST "" "unfinished'],
        ['\\*', '\x00\xff\x01'],
        ['\\*', ''],
        ['i', 'i APPEND INBOX (\\Seen) "no date" {1+}\r\nx'],
        ['j', 'j LIST "" "*%*%*%*%*%*%*%*%*%*%*%*"'],
      ];
      for (const [tag, line] of nonsense) {
        raw.send(`${line}\r\n`);
        await raw.until(new RegExp(`^${tag} BAD`));
      }
      raw.send('z NOOP\r\n');
      expect(await raw.until(/^z OK/)).toContain('Nothing done');
    });

    it('bounds lines and literals', async () => {
      const raw = new ImapPeer();
      raw.send(`a NOOP ${'x'.repeat(100_000)}\r\nb NOOP\r\n`);
      await raw.until(/^\* BAD/);
      await raw.until(/^b OK/);
      raw.send('c LOGIN {9000}\r\n');
      await raw.until(/^c NO \[TOOBIG\]/);
      raw.send('d LOGIN {3}\r\n');
      await raw.until(/^\+/);
      raw.send('foo {3+}\r\nbar\r\n');
      await raw.until(/^d NO/);
      raw.send('e LOGIN {9000+}\r\n');
      expect(await raw.until(/^\* BYE/)).toContain('[TOOBIG]');
      await raw.closed();
    });

    it('keeps strangers out and lets go of those who only talk nonsense', async () => {
      const raw = new ImapPeer();
      raw.send('a SELECT INBOX\r\nb FETCH 1 ALL\r\n');
      await raw.until(/^a BAD Log in/);
      await raw.until(/^b BAD Select/);
      raw.send('x\r\n'.repeat(60));
      expect(await raw.until(/^\* BYE/)).toContain('nonsense');
      await raw.closed();
    });
  });
});
