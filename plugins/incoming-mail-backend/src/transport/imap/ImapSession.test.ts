// SPDX-License-Identifier: Apache-2.0
import { mailSessionContract } from '../../__testUtils__/mailSessionContract';
import {
  GOOD_PASSWORD,
  GOOD_TOKEN,
  ScriptedCommand,
  ScriptedImapServer,
  ScriptedImapServerOptions,
} from '../../__testUtils__/scriptedImapServer';
import { createHostPolicy } from '../../egress';
import { Secret } from '../../secrets';
import { createOpenSession } from '../openSession';
import { MailSession, SessionCredentials } from '../types';
import { ImapTimeouts } from './imapTimeouts';

const policy = createHostPolicy({ allowPrivate: ['127.0.0.1'] });
const credentials = {
  method: 'oauth',
  user: 'support@corp.test',
  accessToken: new Secret(GOOD_TOKEN),
} as const;
const password = {
  method: 'password',
  user: 'support@corp.test',
  password: new Secret(GOOD_PASSWORD),
} as const;
const limits = { maxBytes: 1000, truncateBytes: 100 };
const KIB = 1024;

const MECHANISMS: [SessionCredentials, ...string[]][] = [
  [credentials, 'SASL-IR', 'AUTH=XOAUTH2', 'NAMESPACE'],
  [credentials, 'AUTH=XOAUTH2', 'UTF8=ACCEPT', 'ENABLE'],
  [credentials, 'SASL-IR', 'AUTH=OAUTHBEARER'],
  [password, 'SASL-IR', 'AUTH=PLAIN', 'AUTH=XOAUTH2'],
  [password, 'AUTH=PLAIN'],
  [password, 'AUTH=LOGIN'],
  [password],
];

describe.each(MECHANISMS)('with %j and %s %s %s', (who, ...offered) => {
  mailSessionContract('ImapSession', async () => {
    const capabilities = ['IMAP4rev1', ...offered];
    const server = await new ScriptedImapServer({ capabilities }).start();
    return {
      openSession: createOpenSession({ policy, allowPlaintextLoopback: true }),
      server: server.host(),
      credentials: who,
      deliver: raw => server.deliver(raw),
      expunge: uid => server.expunge(uid),
      seenUids: () => server.mails.filter(m => m.seen).map(m => m.uid),
      hungUp: () => server.hungUp(),
      stop: () => server.stop(),
    };
  });
});

describe('ImapSession', () => {
  let server: ScriptedImapServer;
  let sessions: MailSession[];

  beforeEach(() => {
    sessions = [];
  });

  // Whatever the server did: every session can be closed, and no socket stays.
  afterEach(async () => {
    await Promise.all(sessions.map(session => session.close()));
    await server.hungUp();
    await server.stop();
  });

  async function start(options: ScriptedImapServerOptions = {}) {
    server = await new ScriptedImapServer(options).start();
    return server;
  }

  async function connect(
    timeouts: Partial<ImapTimeouts> = {},
    signal = new AbortController().signal,
    who: SessionCredentials = credentials,
  ) {
    const session = await createOpenSession({
      policy,
      allowPlaintextLoopback: true,
      maxMessageBytes: 64 * KIB,
      timeouts: { commandMs: 4000, signOutMs: 50, ...timeouts },
    })({ server: server.host(), credentials: who, signal });
    sessions.push(session);
    return session;
  }

  async function openInbox(timeouts: Partial<ImapTimeouts> = {}) {
    const session = await connect(timeouts);
    await session.open('INBOX');
    return session;
  }

  const ref = (uid: number, sizeBytes = 100) => ({ uid, sizeBytes });

  const drip = ({ socket }: ScriptedCommand, before = '') => {
    socket.write(before);
    const timer = setInterval(() => socket.write(' '), 10);
    socket.on('close', () => clearInterval(timer));
  };

  describe('while it connects', () => {
    it.each<[string, ScriptedImapServerOptions, string]>([
      ['no greeting', { greeting: false }, 'connection-timed-out'],
      [
        'another protocol',
        { greeting: '220 smtp ready' },
        'connection-timed-out',
      ],
      ['a BYE', { greeting: '* BYE in maintenance' }, 'server-unavailable'],
      ['a busy BYE', { greeting: '* BYE Too many connections' }, 'throttled'],
      [
        'no OAuth',
        { capabilities: ['IMAP4rev1', 'AUTH=PLAIN'] },
        'protocol-error',
      ],
    ])('ends with %s', async (_name, options, code) => {
      await start(options);
      await expect(connect({ greetingMs: 100 })).rejects.toMatchObject({
        name: 'MailFailure',
        code,
      });
      expect(server.received.join()).not.toContain('AUTHENTICATE');
    });

    it.each<[string, string, string, string]>([
      [
        'AUTHENTICATE',
        'NO [UNAVAILABLE] try later',
        'server-unavailable',
        'try later',
      ],
      [
        'AUTHENTICATE',
        'NO AUTHENTICATE failed.',
        'login-refused',
        'AUTHENTICATE failed.',
      ],
      ['AUTHENTICATE', 'NO [LIMIT] later', 'throttled', 'later'],
      [
        'AUTHENTICATE',
        'BAD User is authenticated but not connected.',
        'server-unavailable',
        'User is authenticated but not connected.',
      ],
      [
        'NAMESPACE',
        'BAD User is authenticated but not connected.',
        'server-unavailable',
        'User is authenticated but not connected.',
      ],
      [
        'AUTHENTICATE',
        `NO what is ${GOOD_TOKEN}?`,
        'login-refused',
        'what is [secret]?',
      ],
    ])('reads %s answered with %s', async (name, answer, code, detail) => {
      await start();
      server.on(name, ({ tag, write }) => write(`${tag} ${answer}\r\n`));

      await expect(connect()).rejects.toMatchObject({ code, detail });
    });

    it('sends no password where the server says not to, nor repeats one', async () => {
      await start({ capabilities: ['IMAP4rev1', 'LOGINDISABLED'] });
      await expect(connect({}, undefined, password)).rejects.toMatchObject({
        code: 'protocol-error',
        detail: 'The server takes no password on this connection',
      });
      expect(server.received.join()).not.toContain('LOGIN');
      await server.stop();

      await start({ capabilities: ['IMAP4rev1', 'AUTH=PLAIN'] });
      server.on('AUTHENTICATE', ({ tag, write }) =>
        write(`${tag} NO what is ${GOOD_PASSWORD}?\r\n`),
      );
      await expect(connect({}, undefined, password)).rejects.toMatchObject({
        code: 'login-refused',
        detail: 'what is [secret]?',
      });
    });

    it('stops a login that is dripped on, and one that is aborted', async () => {
      await start();
      server.on('AUTHENTICATE', drip);
      await expect(connect({ signInMs: 100 })).rejects.toMatchObject({
        code: 'connection-timed-out',
      });

      const controller = new AbortController();
      server.on('AUTHENTICATE', () => controller.abort());
      await expect(connect({}, controller.signal)).rejects.toMatchObject({
        code: 'connection-lost',
      });
    });
  });

  describe('while it opens a folder', () => {
    const good = ['0 EXISTS', 'OK [UIDVALIDITY 1] x', 'OK [UIDNEXT 1] x'];

    it('takes what is valid', async () => {
      await start();
      server.selectLines = [
        '1000000000 EXISTS',
        'OK [UIDVALIDITY 4294967295] x',
        'OK [UIDNEXT 4294967295] x',
      ];
      await expect((await connect()).open('INBOX')).resolves.toEqual({
        uidValidity: 4294967295,
        uidNext: 4294967295,
        messageCount: 1_000_000_000,
      });
    });

    it.each<[string, string[]]>([
      ['no UIDVALIDITY', [good[0], good[2]]],
      ['UIDVALIDITY 0', [good[0], 'OK [UIDVALIDITY 0] x', good[2]]],
      ['UIDVALIDITY 2^32', [good[0], 'OK [UIDVALIDITY 4294967296] x', good[2]]],
      ['UIDVALIDITY abc', [good[0], 'OK [UIDVALIDITY abc] x', good[2]]],
      ['no UIDNEXT', [good[0], good[1]]],
      ['UIDNEXT 0', [good[0], good[1], 'OK [UIDNEXT 0] x']],
      ['UIDNEXT -5', [good[0], good[1], 'OK [UIDNEXT -5] x']],
      ['no EXISTS', [good[1], good[2]]],
      ['EXISTS 2^32', ['4294967296 EXISTS', good[1], good[2]]],
    ])('refuses %s', async (_name, lines) => {
      await start();
      server.selectLines = lines;
      await expect((await connect()).open('INBOX')).rejects.toMatchObject({
        code: 'protocol-error',
      });
    });

    it('waits for neither a dripping nor a silent server', async () => {
      await start();
      server.on('SELECT', drip);
      await expect(openInbox({ commandMs: 100 })).rejects.toMatchObject({
        code: 'connection-timed-out',
      });
      server.on('SELECT', () => {});
      await expect(openInbox({ inactivityMs: 100 })).rejects.toMatchObject({
        code: 'connection-timed-out',
      });
    });

    it('hands on how long a server wants to be left alone', async () => {
      await start();
      server.on('SELECT', ({ tag, write }) =>
        write(
          `${tag} BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n`,
        ),
      );
      // imapflow waits for half of this by itself.
      await expect(openInbox({ inactivityMs: 100 })).rejects.toMatchObject({
        code: 'throttled',
        retryAfterMs: 92_415,
      });
      await expect(openInbox({ commandMs: 100 })).rejects.toMatchObject({
        code: 'throttled',
      });
    });

    it('marks nothing as read where nothing can be marked', async () => {
      await start();
      const uid = server.deliver('one');
      server.access = 'READ-ONLY';
      await (await openInbox()).acknowledge([uid]);

      server.access = 'READ-WRITE';
      server.selectLines = [...good, 'OK [PERMANENTFLAGS ()] none'];
      await (await openInbox()).acknowledge([uid]);
      expect(server.received.join()).not.toContain('STORE');

      server.selectLines = good;
      await (await openInbox()).acknowledge([uid]);
      expect(server.received.join()).toContain('STORE');
    });
  });

  describe('while it lists', () => {
    it('asks for windows of UIDs, not for the whole folder', async () => {
      await start();
      for (let uid = 1; uid <= 5000; uid += 1) {
        server.deliver('x', { uid });
      }
      const late = server.deliver('late', { uid: 3_000_000_000 });
      const session = await openInbox();
      const searches = () =>
        server.received.splice(0).filter(line => line.includes('SEARCH'));

      const first = await session.list({ afterUid: 0, limit: 10 });
      expect(first.map(({ uid }) => uid)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      expect(searches()).toEqual(['UID SEARCH UID 1:80']);

      const last = await session.list({ afterUid: 5000, limit: 10 });
      expect(last.map(({ uid }) => uid)).toEqual([late]);
      expect(searches().length).toBeLessThan(20);
    });

    it('takes the first of very many', async () => {
      await start();
      const all = Array.from({ length: 300_000 }, (_, index) => index + 1);
      server.deliver('one');
      server.on('UID SEARCH', ({ tag, write }) =>
        write(`* SEARCH ${all.join(' ')}\r\n${tag} OK done\r\n`),
      );
      const session = await openInbox();

      const refs = await session.list({ afterUid: 0, limit: 10 });
      expect(refs.map(({ uid }) => uid)).toEqual([1]);
      expect(server.received).toContainEqual(
        expect.stringMatching(/^UID FETCH 1:10 /),
      );
    });

    it('takes valid UIDs above the last one only, sorted and once', async () => {
      await start();
      for (const uid of [3, 5, 7, 9]) {
        server.deliver(`mail ${uid}`, { uid });
      }
      server.on('UID SEARCH', ({ tag, write }) =>
        write(
          `* SEARCH 9 7 7 0 3 5 5\r\n* SEARCH 4294967296 -1 99999999999999999999 9\r\n${tag} OK\r\n`,
        ),
      );
      const session = await openInbox();

      const refs = await session.list({ afterUid: 3, limit: 10 });
      expect(refs.map(({ uid }) => uid)).toEqual([5, 7, 9]);
    });

    it('takes only rows that it asked for, and odd dates for none', async () => {
      await start();
      server.deliver('one');
      server.deliver('two', { receivedAt: '99-Foo-0000 99:99:99 +9999' });
      server.on('UID FETCH', ({ write, proceed }) => {
        write('* 1 FETCH (FLAGS (\\Seen))\r\n');
        write('* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n');
        write('* 7 FETCH (UID 77 RFC822.SIZE 5)\r\n');
        write('* 7 FETCH (UID 0 RFC822.SIZE 5)\r\n');
        proceed();
        write('* 1 FETCH (UID 1 RFC822.SIZE 999)\r\n');
      });
      const session = await openInbox();

      expect(await session.list({ afterUid: 0, limit: 10 })).toEqual([
        { uid: 1, sizeBytes: 3, receivedAt: new Date('2026-07-17T02:44:25Z') },
        { uid: 2, sizeBytes: 3, receivedAt: undefined },
      ]);
    });

    it('passes over no mail that a server does not describe', async () => {
      await start();
      server.deliver('one');
      server.on('UID FETCH', ({ tag, write }) =>
        write(`* 1 FETCH (UID 1 FLAGS ())\r\n${tag} OK done\r\n`),
      );
      const session = await openInbox();

      await expect(
        session.list({ afterUid: 0, limit: 10 }),
      ).rejects.toMatchObject({ code: 'protocol-error' });
    });

    it.each([
      ['NO [UNAVAILABLE] later', 'server-unavailable'],
      ['NO [LIMIT] later', 'throttled'],
      ['BAD what?', 'protocol-error'],
    ])('does not take %s for an empty folder', async (answer, code) => {
      await start();
      server.deliver('one');
      server.on('UID SEARCH', ({ tag, write }) =>
        write(`${tag} ${answer}\r\n`),
      );
      const session = await openInbox();

      await expect(
        session.list({ afterUid: 0, limit: 10 }),
      ).rejects.toMatchObject({ code });
    });

    it('ends a line and a flood that never end', async () => {
      await start();
      server.deliver('one');
      const flood = (chunk: string) => (command: ScriptedCommand) => {
        const more = () => {
          while (!command.socket.destroyed && command.socket.write(chunk));
        };
        command.socket.on('drain', more);
        more();
      };

      server.on('UID SEARCH', flood('1'.repeat(KIB * KIB)));
      const first = await openInbox();
      await expect(first.list({ afterUid: 0, limit: 9 })).rejects.toMatchObject(
        {
          code: 'protocol-error',
        },
      );

      server.on('UID SEARCH', command => command.proceed());
      server.on(
        'UID FETCH',
        flood('* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n'.repeat(1000)),
      );
      const second = await openInbox();
      await expect(
        second.list({ afterUid: 0, limit: 9 }),
      ).rejects.toMatchObject({ code: 'protocol-error' });
    });
  });

  describe('while it fetches', () => {
    const announced = '* 1 FETCH (UID 1 BODY[]<0> {500}\r\nhalf of it';

    it.each<[string, (command: ScriptedCommand) => void, string]>([
      [
        'a reset',
        ({ socket, write }) => {
          write(announced);
          setImmediate(() => socket.resetAndDestroy());
        },
        'connection-lost',
      ],
      [
        'the end of the connection',
        ({ socket }) => socket.end(announced),
        'connection-lost',
      ],
      ['silence', ({ write }) => write(announced), 'connection-timed-out'],
      [
        'dripping',
        command => drip(command, '* 1 FETCH (UID 1 BODY[]<0> {5000}\r\n'),
        'connection-timed-out',
      ],
      [
        'a literal beyond all bounds',
        ({ write }) => write('* 1 FETCH (UID 1 BODY[]<0> {2147483648}\r\nxx'),
        'protocol-error',
      ],
      [
        'a literal larger than any number',
        ({ write }) =>
          write(`* 1 FETCH (UID 1 BODY[]<0> {${'9'.repeat(50)}}\r\nx`),
        'protocol-error',
      ],
      [
        'a refusal',
        ({ tag, write }) => write(`${tag} NO could not be retrieved\r\n`),
        'server-unavailable',
      ],
      [
        'a BYE',
        ({ write }) => write('* BYE going down\r\n'),
        'server-unavailable',
      ],
      [
        'being throttled',
        ({ tag, write }) =>
          write(`${tag} BAD Request is throttled. Backoff Time: 9000 ms\r\n`),
        'throttled',
      ],
    ])('ends with %s', async (_name, script, code) => {
      await start();
      server.deliver('one');
      server.on('UID FETCH', script);
      const session = await openInbox({ commandMs: 400, inactivityMs: 200 });

      await expect(session.fetch([ref(1)], limits)).rejects.toMatchObject({
        name: 'MailFailure',
        code,
      });
    });

    it('believes the literal, not the announced size', async () => {
      await start();
      const raw = Buffer.alloc(5000, 'x');
      server.deliver(raw, { announcedBytes: 10 });
      server.deliver(raw.subarray(0, 50), { announcedBytes: 4_000_000_000 });
      server.deliver(raw.subarray(0, 1000));
      const session = await openInbox();
      const refs = await session.list({ afterUid: 0, limit: 10 });
      expect(refs.map(({ sizeBytes }) => sizeBytes)).toEqual([
        10, 4_000_000_000, 1000,
      ]);

      const fetched = await session.fetch(refs, limits);
      expect(fetched.map(f => [f.raw.length, f.truncated])).toEqual([
        [100, true],
        [50, false],
        [1000, false],
      ]);
    });

    it('never fetches more than its own limit', async () => {
      await start();
      server.deliver(Buffer.alloc(100 * KIB, 'x'));
      const session = await openInbox();
      const refs = await session.list({ afterUid: 0, limit: 1 });

      const [{ raw, truncated }] = await session.fetch(refs, {
        maxBytes: KIB * KIB,
        truncateBytes: 2 * KIB,
      });
      expect([raw.length, truncated]).toEqual([2 * KIB, true]);
    });

    it('ends when a batch is far larger than announced', async () => {
      await start();
      const refs = Array.from({ length: 50 }, (_, index) => {
        server.deliver(Buffer.alloc(60 * KIB, 'x'), { announcedBytes: 10 });
        return ref(index + 1, 10);
      });
      const session = await openInbox();

      await expect(
        session.fetch(refs, { maxBytes: 64 * KIB, truncateBytes: KIB }),
      ).rejects.toMatchObject({
        code: 'protocol-error',
        message: expect.stringContaining('more than it announced'),
      });
    });

    it('fetches in batches, by ranges and with PEEK', async () => {
      await start();
      const refs = Array.from({ length: 450 }, () => ref(server.deliver('x')));
      const session = await openInbox();
      server.received.splice(0);

      expect(await session.fetch([...refs].reverse(), limits)).toHaveLength(
        450,
      );
      expect(
        server.received.map(line => line.replace(/\(.*BODY/, '(BODY')),
      ).toEqual([
        expect.stringContaining('(BODY.PEEK[]<0.1001>'),
        expect.stringContaining('(BODY.PEEK[]<0.1001>'),
        expect.stringContaining('(BODY.PEEK[]<0.1001>'),
      ]);
      expect(server.received.join()).not.toContain('BODY[');
    });
  });

  describe('while it acknowledges', () => {
    it('says when the server refuses, and uses short commands', async () => {
      await start();
      for (let uid = 1; uid <= 2000; uid += 2) {
        server.deliver('x', { uid });
      }
      const uids = server.mails.map(({ uid }) => uid);
      const session = await openInbox();
      server.received.splice(0);

      await session.acknowledge(uids);
      expect(server.received).toHaveLength(4);
      expect(server.received[0]).toMatch(
        /^UID STORE 1,3,.* \+FLAGS\.SILENT \(\\Seen\)$/,
      );
      expect(Math.max(...server.received.map(l => l.length))).toBeLessThan(
        4000,
      );
      expect(server.mails.every(({ seen }) => seen)).toBe(true);

      server.on('UID STORE', ({ tag, write }) =>
        write(`${tag} NO [INUSE] later\r\n`),
      );
      await expect(session.acknowledge([1])).rejects.toMatchObject({
        code: 'server-unavailable',
      });
    });

    it.each<[string, (command: ScriptedCommand) => void, string]>([
      [
        'the end of the connection',
        ({ socket }) => socket.end(),
        'connection-lost',
      ],
      ['dripping', command => drip(command), 'connection-timed-out'],
    ])('ends with %s', async (_name, script, code) => {
      await start();
      server.deliver('one');
      server.on('UID STORE', script);
      const session = await openInbox({ commandMs: 200 });

      await expect(session.acknowledge([1])).rejects.toMatchObject({ code });
    });
  });

  describe('while it closes', () => {
    it('does not wait for an answer to LOGOUT, nor for a stuck command', async () => {
      await start();
      server.on('LOGOUT', () => {});
      await (await openInbox()).close();

      server.on('UID SEARCH', () => {});
      server.deliver('one');
      const session = await openInbox();
      const listing = session.list({ afterUid: 0, limit: 1 });
      await session.close();
      await expect(listing).rejects.toMatchObject({ code: 'connection-lost' });
    });

    it('survives a reset of an idle connection', async () => {
      await start();
      server.deliver('one');
      let reset = () => {};
      server.on('SELECT', command => {
        command.proceed();
        reset = () => command.socket.resetAndDestroy();
      });
      const session = await openInbox();
      reset();
      await server.hungUp();

      await expect(
        session.list({ afterUid: 0, limit: 1 }),
      ).rejects.toMatchObject({ code: 'connection-lost' });
    });
  });
});
