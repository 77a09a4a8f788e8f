// SPDX-License-Identifier: Apache-2.0
import { AfterStoring } from '@postroom/plugin-incoming-mail-common';
import { mailSessionContract } from '../../__testUtils__/mailSessionContract';
import {
  GOOD_PASSWORD,
  GOOD_TOKEN,
  ScriptedCommand,
  ScriptedImapServer,
  ScriptedImapServerOptions,
} from '../../__testUtils__/scriptedImapServer';
import { Cut, cutAt, everyByte } from '../../__testUtils__/writeInPieces';
import { createHostPolicy } from '../../egress';
import { Secret } from '../../secrets';
import { headDigest } from '../headDigest';
import { createOpenSession } from '../openSession';
import { MailSession, SessionCredentials } from '../types';
import { SessionTimeouts } from '../sessionTimeouts';

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
  [credentials, 'SASL-IR', 'AUTH=OAUTHBEARER', 'IDLE'],
  [password, 'SASL-IR', 'AUTH=PLAIN', 'AUTH=XOAUTH2'],
  [password, 'AUTH=PLAIN'],
  [password, 'AUTH=LOGIN'],
  [password],
];

describe.each(MECHANISMS)('with %j and %s %s %s', (who, ...offered) => {
  mailSessionContract('ImapSession', async () => {
    const capabilities = ['IMAP4rev1', 'UIDPLUS', ...offered];
    const server = await new ScriptedImapServer({ capabilities }).start();
    return {
      openSession: createOpenSession({ policy, allowPlaintextLoopback: true }),
      server: server.host(),
      credentials: who,
      deliver: raw => server.deliver(raw),
      expunge: key => server.expunge(Number(key)),
      otherFolder: () => {
        server.folders.set('Archive', []);
        return 'Archive';
      },
      tellsNews: offered.includes('IDLE'),
      seenKeys: () => server.mails.filter(m => m.seen).map(m => `${m.uid}`),
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
    timeouts: Partial<SessionTimeouts> = {},
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

  async function openInbox(timeouts: Partial<SessionTimeouts> = {}) {
    const session = await connect(timeouts);
    await session.open('INBOX');
    return session;
  }

  const ref = (uid: number, sizeBytes = 100) => ({
    position: uid,
    sourceKey: `${uid}`,
    sizeBytes,
  });
  const markRead = { action: 'mark-read' } as const;
  const remove = { action: 'delete' } as const;

  const drip = ({ socket }: ScriptedCommand, before = '') => {
    socket.write(before);
    const timer = setInterval(() => socket.write(' '), 10);
    socket.on('close', () => clearInterval(timer));
  };

  describe('while it waits for news', () => {
    const capabilities = ['IMAP4rev1', 'SASL-IR', 'AUTH=XOAUTH2', 'IDLE'];
    const never = new AbortController().signal;

    it('goes on listening after its keep-alive, and asks again in time', async () => {
      await start({ capabilities });
      const session = await openInbox({ inactivityMs: 150, idleMs: 100 });
      const waiting = session.waitForNews!(never);
      const idles = () => server.received.filter(line => line === 'IDLE');
      while (idles().length < 4) {
        await new Promise(resolve => setTimeout(resolve, 10));
      }
      server.deliver('mail');
      await waiting;
      expect(await session.open('INBOX')).toMatchObject({ messageCount: 1 });
    });

    it.each<[string, (command: ScriptedCommand) => void, string]>([
      [
        'says BYE',
        ({ socket }) => socket.end('* BYE session expired\r\n'),
        'connection-lost',
      ],
      ['resets', ({ socket }) => socket.resetAndDestroy(), 'connection-lost'],
      ['says nothing any more', () => {}, 'connection-timed-out'],
      [
        'ends it at once',
        ({ tag, write }) => write(`+ idling\r\n${tag} OK done\r\n`),
        'protocol-error',
      ],
      [
        'refuses it',
        ({ tag, write }) => write(`${tag} NO not now\r\n`),
        'protocol-error',
      ],
    ])('fails where the server %s', async (_name, answer, code) => {
      await start({ capabilities });
      const session = await openInbox({ inactivityMs: 100 });
      server.on('IDLE', answer);
      await expect(session.waitForNews!(never)).rejects.toMatchObject({
        name: 'MailFailure',
        code,
      });
    });

    it('finds out soon that a connection which was kept open is dead', async () => {
      await start({ capabilities });
      const session = await openInbox({ reopenMs: 100 });
      await session.waitForNews!(AbortSignal.abort());
      server.on('SELECT', () => {});
      await expect(session.open('INBOX')).rejects.toMatchObject({
        code: 'connection-timed-out',
      });
    });
  });

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
      [
        'AUTHENTICATE',
        'NO [AUTHENTICATIONFAILED] Invalid credentials',
        'login-refused',
        'Invalid credentials',
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
        positions: 'uids',
        uidValidity: 4294967295,
        uidNext: 4294967295,
        messageCount: 1_000_000_000,
      });
    });

    it.each<[string, string[]]>([
      ['UIDVALIDITY 0', [good[0], 'OK [UIDVALIDITY 0] x', good[2]]],
      ['UIDVALIDITY 2^32', [good[0], 'OK [UIDVALIDITY 4294967296] x', good[2]]],
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

    it.each<[string, string[]]>([
      ['no UIDVALIDITY', ['3 EXISTS', good[2]]],
      ['none that is a number', ['3 EXISTS', 'OK [UIDVALIDITY abc] x']],
    ])(
      'names mails by their headers where there is %s (R15)',
      async (_, lines) => {
        await start();
        server.selectLines = lines;
        for (const subject of ['one', 'two', 'one']) {
          server.deliver(`Subject: ${subject}\r\n\r\nHello.\r\n`);
        }
        const session = await connect();
        expect(await session.open('INBOX')).toEqual({
          positions: 'session',
          keyedBy: 'digest',
          messageCount: 3,
        });
        const refs = await session.list({ after: 0, limit: 10 });
        const [one, two] = refs.map(({ headDigest: digest }) => digest);
        expect(refs.map(({ sourceKey }) => sourceKey)).toEqual([
          `head:${one}#1`,
          `head:${two}#1`,
          `head:${one}#2`,
        ]);
        expect(await session.list({ after: 1, limit: 1 })).toEqual([refs[1]]);
        // Another numbering, the same names.
        server.mails = server.mails.map(mail => ({
          ...mail,
          uid: mail.uid + 50,
        }));
        server.uidNext += 50;
        const later = await connect();
        await later.open('INBOX');
        const keys = refs.map(({ sourceKey }) => sourceKey);
        const action = { action: 'mark-read' } as const;
        expect(await later.settle([keys[1], 'head:gone#1'], action)).toEqual({
          done: ['head:gone#1', keys[1]],
        });
        expect(server.mails.map(({ seen }) => seen)).toEqual([
          false,
          true,
          false,
        ]);
      },
    );

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

    it('hands on how long a server wants to be left alone (R33)', async () => {
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

    it('says why it does not do on the server what it cannot (R46, R47)', async () => {
      await start({ capabilities: ['IMAP4rev1', 'AUTH=XOAUTH2'] });
      const keys = [`${server.deliver('one')}`];
      const settle = async (action: AfterStoring) =>
        (await openInbox()).settle(keys, action);
      const archive = { action: 'move', folder: 'Archive' } as const;

      server.access = 'READ-ONLY';
      for (const action of [markRead, archive, remove]) {
        expect(await settle(action)).toEqual({
          done: [],
          refusal: 'read-only',
        });
      }
      expect(await settle({ action: 'leave' })).toEqual({ done: keys });

      server.access = 'READ-WRITE';
      server.selectLines = [...good, 'OK [PERMANENTFLAGS ()] none'];
      expect(await settle(markRead)).toEqual({
        done: [],
        refusal: 'not-marked',
      });
      server.selectLines = good;
      for (const action of [archive, remove]) {
        expect(await settle(action)).toEqual({
          done: [],
          refusal: 'not-single',
        });
      }
      expect(await settle({ action: 'move', folder: 'inbox' })).toEqual({
        done: [],
        refusal: 'no-folder',
      });
      expect(server.received.join()).not.toMatch(/STORE|EXPUNGE|COPY|MOVE/);
      expect(await settle(markRead)).toEqual({ done: keys });
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

      const first = await session.list({ after: 0, limit: 10 });
      expect(first.map(({ position }) => position)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      expect(searches()).toEqual(['UID SEARCH UID 1:80']);

      const last = await session.list({ after: 5000, limit: 10 });
      expect(last.map(({ position }) => position)).toEqual([late]);
      expect(searches().length).toBeLessThan(20);
    });

    it('digests headers by ranges, and tells what the server calls a mail for good (R12)', async () => {
      await start({
        capabilities: ['IMAP4rev1', 'SASL-IR', 'AUTH=XOAUTH2', 'OBJECTID'],
      });
      const raws = Array.from(
        { length: 150 },
        (_, n) => `Subject: ${n}\r\n\r\nbody of ${n}\r\n`,
      );
      raws.forEach((raw, n) => server.deliver(raw, { emailId: `M${n}-x` }));
      server.mails[1].emailId = 'not/valid';
      const session = await openInbox();
      const refs = await session.list({ after: 0, limit: 500 });
      expect(refs.slice(0, 3).map(({ stableId }) => stableId)).toEqual([
        'M0-x',
        undefined,
        'M2-x',
      ]);
      server.received.splice(0);
      server.expunge(7);
      const digests = await session.digestHeads!(refs);
      expect(digests.size).toBe(149);
      expect(digests.get('3')).toBe(headDigest(Buffer.from(raws[2])));
      expect(server.received).toEqual([
        expect.stringMatching(/^UID FETCH 1:100 .*BODY.PEEK\[HEADER\]<0\./),
        expect.stringMatching(/^UID FETCH 101:150 /),
      ]);
    });

    it('takes the first of very many', async () => {
      await start();
      const all = Array.from({ length: 300_000 }, (_, index) => index + 1);
      server.deliver('one');
      server.on('UID SEARCH', ({ tag, write }) =>
        write(`* SEARCH ${all.join(' ')}\r\n${tag} OK done\r\n`),
      );
      const session = await openInbox();

      const refs = await session.list({ after: 0, limit: 10 });
      expect(refs.map(({ position }) => position)).toEqual([1]);
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

      const refs = await session.list({ after: 3, limit: 10 });
      expect(refs.map(({ position }) => position)).toEqual([5, 7, 9]);
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

      expect(await session.list({ after: 0, limit: 10 })).toEqual([
        { ...ref(1, 3), receivedAt: new Date('2026-07-17T02:44:25Z') },
        { ...ref(2, 3), receivedAt: undefined },
      ]);
    });

    it('passes over no mail that a server does not describe', async () => {
      await start();
      server.deliver('one');
      server.on('UID FETCH', ({ tag, write }) =>
        write(`* 1 FETCH (UID 1 FLAGS ())\r\n${tag} OK done\r\n`),
      );
      const session = await openInbox();

      await expect(session.list({ after: 0, limit: 10 })).rejects.toMatchObject(
        { code: 'protocol-error' },
      );
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

      await expect(session.list({ after: 0, limit: 10 })).rejects.toMatchObject(
        { code },
      );
    });

    it('ends a line and a flood that never end (T56)', async () => {
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
      await expect(first.list({ after: 0, limit: 9 })).rejects.toMatchObject({
        code: 'protocol-error',
      });

      server.on('UID SEARCH', command => command.proceed());
      server.on(
        'UID FETCH',
        flood('* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n'.repeat(1000)),
      );
      const second = await openInbox();
      await expect(second.list({ after: 0, limit: 9 })).rejects.toMatchObject({
        code: 'protocol-error',
      });
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
        'a server that has no time',
        ({ tag, write }) => write(`${tag} NO [UNAVAILABLE] later\r\n`),
        'server-unavailable',
      ],
      [
        'a mailbox that is not connected',
        ({ tag, write }) =>
          write(`${tag} BAD User is authenticated but not connected.\r\n`),
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

    it('reads mail byte for byte, wherever answers are cut (R19)', async () => {
      const raw = Buffer.from(
        'Subject: t\r\n\r\n)\r\n{3}\r\n\xfc\r\n',
        'latin1',
      );
      let cut: Cut = everyByte;
      await start({ cut: data => cut(data) });
      server.deliver(raw);
      const fetchCut = async () => {
        const session = await openInbox();
        const refs = await session.list({ after: 0, limit: 1 });
        const { messages } = await session.fetch(refs, limits);
        await session.close();
        return messages.map(message => message.raw);
      };
      expect(await fetchCut()).toEqual([raw]);
      for (let at = 1; at < 90; at += 1) {
        cut = cutAt(at, at + (at % 7));
        expect(await fetchCut()).toEqual([raw]);
      }
    });

    it('gives nothing of a mail whose answer ends anywhere (R20)', async () => {
      await start();
      const uid = server.deliver('Subject: t\r\n\r\nHello.\r\n');
      let at = 0;
      let length = Infinity;
      server.on('UID FETCH', ({ args, socket }) => {
        const row = server.row(server.mails[0], args);
        length = row.length;
        socket.end(row.subarray(0, at));
      });
      for (; at <= length; at += 3) {
        const session = await openInbox();
        await expect(session.fetch([ref(uid)], limits)).rejects.toMatchObject({
          code: 'connection-lost',
        });
      }
      expect(at).toBeGreaterThan(50);
    });

    it('gives nothing of a batch whose connection ends between two mails (R20)', async () => {
      await start();
      const refs = [1, 2, 3].map(() => ref(server.deliver('mail')));
      let ends = true;
      server.on('UID FETCH', ({ args, socket, proceed }) =>
        ends ? socket.end(server.row(server.mails[0], args)) : proceed(),
      );
      const session = await openInbox();
      await expect(session.fetch(refs, limits)).rejects.toMatchObject({
        code: 'connection-lost',
      });
      // Nothing of it was taken for read: it can all be had again.
      ends = false;
      const { messages } = await (await openInbox()).fetch(refs, limits);
      expect(messages).toHaveLength(3);
    });

    describe('from a server that does not deliver some of it (P45, P63)', () => {
      const refuse = (uids: readonly number[], answer: string) =>
        server.on('UID FETCH', command => {
          const { args, tag, write, proceed } = command;
          const asked = server.find(args).map(({ uid }) => uid);
          if (!uids.some(uid => asked.includes(uid))) {
            proceed();
            return;
          }
          // What comes before the bad one is delivered.
          server
            .find(args)
            .slice(0, asked.indexOf(uids.find(uid => asked.includes(uid))!))
            .forEach(mail => write(server.row(mail, args)));
          write(`${tag} ${answer}\r\n`);
        });
      const deliver = (count: number) =>
        Array.from({ length: count }, () => ref(server.deliver('mail')));

      it.each([['NO could not be retrieved'], ['BAD [SERVERBUG] 12']])(
        'tells the bad ones, that are answered with %s, from the others',
        async answer => {
          await start();
          const refs = deliver(100);
          refuse([1, 40, 41, 100], answer);
          const session = await openInbox();
          server.received.splice(0);

          const { messages, refused } = await session.fetch(refs, limits);
          expect(refused.map(({ position }) => position)).toEqual([
            1, 40, 41, 100,
          ]);
          expect(messages.map(m => m.ref.position)).toEqual(
            refs
              .map(({ position }) => position)
              .filter(uid => ![1, 40, 41, 100].includes(uid)),
          );
          expect(server.received.length).toBeLessThan(40);
        },
      );

      it('takes a single refused mail for one, and many for a server out of order', async () => {
        await start();
        const refs = deliver(30);
        refuse(
          refs.map(({ position }) => position),
          'NO no',
        );
        const session = await openInbox();
        expect(await session.fetch(refs.slice(0, 1), limits)).toEqual({
          messages: [],
          refused: refs.slice(0, 1),
        });
        expect(
          (await session.fetch(refs.slice(0, 19), limits)).refused,
        ).toHaveLength(19);
        await expect(session.fetch(refs, limits)).rejects.toMatchObject({
          code: 'server-unavailable',
        });
      });
    });

    it('believes the literal, not the announced size (T50)', async () => {
      await start();
      const raw = Buffer.alloc(5000, 'x');
      server.deliver(raw, { announcedBytes: 10 });
      server.deliver(raw.subarray(0, 50), { announcedBytes: 4_000_000_000 });
      server.deliver(raw.subarray(0, 1000));
      const session = await openInbox();
      const refs = await session.list({ after: 0, limit: 10 });
      expect(refs.map(({ sizeBytes }) => sizeBytes)).toEqual([
        10, 4_000_000_000, 1000,
      ]);

      const fetched = await session.fetch(refs, limits);
      expect(fetched.messages.map(f => [f.raw.length, f.truncated])).toEqual([
        [100, true],
        [50, false],
        [1000, false],
      ]);
    });

    it('never fetches more than its own limit', async () => {
      await start();
      server.deliver(Buffer.alloc(100 * KIB, 'x'));
      const session = await openInbox();
      const refs = await session.list({ after: 0, limit: 1 });

      const {
        messages: [{ raw, truncated }],
      } = await session.fetch(refs, {
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

    describe('a mail of more than 5 MB, in pieces', () => {
      const MIB = KIB * KIB;
      const large = { maxBytes: 10 * MIB, truncateBytes: 100 };
      const numbered = (bytes: number) =>
        Buffer.from(
          Uint32Array.from({ length: bytes / 4 }, (_, n) => n).buffer,
        );
      const openLarge = async () => {
        const session = await createOpenSession({
          policy,
          allowPlaintextLoopback: true,
          maxMessageBytes: 10 * MIB,
          timeouts: { commandMs: 4000, signOutMs: 50 },
        })({
          server: server.host(),
          credentials,
          signal: new AbortController().signal,
        });
        sessions.push(session);
        await session.open('INBOX');
        server.received.splice(0);
        return session;
      };

      it.each([
        ['as announced', 5 * MIB + 4, 5 * MIB + 4],
        ['that ends with a piece', 6 * MIB, 6 * MIB],
        ['smaller than announced', 3 * MIB, 6 * MIB],
        ['larger than announced', 7 * MIB, 5 * MIB],
      ])('comes byte for byte, %s', async (_name, bytes, announcedBytes) => {
        await start();
        const raw = numbered(bytes);
        server.deliver(raw, { announcedBytes });
        const session = await openLarge();
        const [listed] = await session.list({ after: 0, limit: 1 });

        const { messages } = await session.fetch([listed], large);
        expect(messages[0].raw.equals(raw)).toBe(true);
        expect(messages[0].truncated).toBe(false);
        const fetches = server.received.filter(line => line.includes('BODY'));
        expect(fetches.length).toBeGreaterThan(1);
        expect(fetches.join()).toContain('BODY.PEEK[]<2097152.2097152>');
      });

      it('is cut where it turns out to be over the limit', async () => {
        await start();
        server.deliver(numbered(11 * MIB), { announcedBytes: 6 * MIB });
        const session = await openLarge();
        const [listed] = await session.list({ after: 0, limit: 1 });

        expect(await session.fetch([listed], large)).toMatchObject({
          messages: [{ raw: numbered(100), truncated: true }],
        });
      });

      // What a server does with the second piece, and what comes of the mail.
      it.each<[string, (command: ScriptedCommand) => void, string]>([
        [
          'gives the beginning each time',
          ({ args, tag, write }) => {
            const again = args.replace(/<\d+\./, '<0.');
            write(server.row(server.mails[0], again));
            write(`${tag} OK done\r\n`);
          },
          'whole',
        ],
        [
          'answers NIL',
          ({ tag, write }) =>
            write(`* 1 FETCH (UID 1 BODY[] NIL)\r\n${tag} OK done\r\n`),
          'whole',
        ],
        [
          'refuses it',
          ({ tag, write }) => write(`${tag} NO not in parts\r\n`),
          'whole',
        ],
        [
          'has lost the mail meanwhile',
          ({ proceed }) => {
            server.expunge(1);
            proceed();
          },
          'gone',
        ],
      ])('from a server that %s', async (_name, script, outcome) => {
        await start();
        const raw = numbered(6 * MIB);
        server.deliver(raw);
        server.on('UID FETCH', command =>
          /<0\.|RFC822/.test(command.args)
            ? command.proceed()
            : script(command),
        );
        const session = await openLarge();
        const [listed] = await session.list({ after: 0, limit: 1 });

        const { messages, refused } = await session.fetch([listed], large);
        expect(refused).toEqual([]);
        expect(messages.map(message => message.raw.equals(raw))).toEqual(
          outcome === 'whole' ? [true] : [],
        );
      });

      it('gives nothing of one whose second piece never ends (R20)', async () => {
        await start();
        server.deliver(numbered(6 * MIB));
        server.on('UID FETCH', ({ args, socket, proceed }) =>
          /<0\.|RFC822/.test(args)
            ? proceed()
            : socket.end(server.row(server.mails[0], args).subarray(0, MIB)),
        );
        const session = await openLarge();
        const [listed] = await session.list({ after: 0, limit: 1 });

        await expect(session.fetch([listed], large)).rejects.toMatchObject({
          code: 'connection-lost',
        });
      });
    });

    it('fetches in batches, by ranges and with PEEK', async () => {
      await start();
      const refs = Array.from({ length: 450 }, () => ref(server.deliver('x')));
      const session = await openInbox();
      server.received.splice(0);

      const { messages } = await session.fetch([...refs].reverse(), limits);
      expect(messages).toHaveLength(450);
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

  describe('while it settles', () => {
    it('says when the server refuses, and uses short commands', async () => {
      await start();
      for (let uid = 1; uid <= 2000; uid += 2) {
        server.deliver('x', { uid });
      }
      const uids = server.mails.map(({ uid }) => uid);
      const session = await openInbox();
      server.received.splice(0);

      await session.settle(uids.map(String), markRead);
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
      await expect(session.settle(['1'], markRead)).rejects.toMatchObject({
        code: 'server-unavailable',
      });
    });

    it('takes a refusal for an answer, and can go on (R46)', async () => {
      await start({
        capabilities: ['IMAP4rev1', 'AUTH=XOAUTH2', 'MOVE', 'UIDPLUS'],
      });
      server.deliver('one');
      const session = await openInbox();
      server.on('UID STORE', ({ tag, write }) =>
        write(`${tag} NO [NOPERM] not yours\r\n`),
      );
      const refused = { done: [], refusal: 'refused' };
      expect(await session.settle(['1'], markRead)).toEqual(refused);
      expect(await session.settle(['1'], remove)).toEqual(refused);
      const nowhere = { action: 'move', folder: 'Nowhere' } as const;
      expect(await session.settle(['1'], nowhere)).toEqual({
        done: [],
        refusal: 'no-folder',
      });
      expect(await session.list({ after: 0, limit: 9 })).toHaveLength(1);
    });

    it('never removes what it was not told to (R47)', async () => {
      await start({ capabilities: ['IMAP4rev1', 'AUTH=XOAUTH2', 'UIDPLUS'] });
      server.folders.set('Archive', []);
      for (const text of ['ours', 'theirs, marked by them', 'moved']) {
        server.deliver(text);
      }
      server.mails[1].deleted = true;
      const session = await openInbox();

      expect(await session.settle(['1'], remove)).toEqual({ done: ['1'] });
      const archive = { action: 'move', folder: 'Archive' } as const;
      expect(await session.settle(['3'], archive)).toEqual({ done: ['3'] });
      expect(server.mails.map(({ uid }) => uid)).toEqual([2]);
      expect(server.folders.get('Archive')!.map(String)).toEqual(['moved']);
      expect(server.received).not.toContain('EXPUNGE');
    });

    it('copies a mail once where it may not be removed (R47)', async () => {
      await start({ capabilities: ['IMAP4rev1', 'AUTH=XOAUTH2', 'UIDPLUS'] });
      server.folders.set('Archive', []);
      server.deliver('one');
      server.on('UID EXPUNGE', ({ tag, write }) =>
        write(`${tag} NO [NOPERM] not yours\r\n`),
      );
      const session = await openInbox();
      const archive = { action: 'move', folder: 'Archive' } as const;

      expect(await session.settle(['1'], archive)).toEqual({
        done: ['1'],
        refusal: 'refused',
      });
      expect(server.folders.get('Archive')!.map(String)).toEqual(['one']);
      expect(server.mails).toHaveLength(1);
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

      await expect(session.settle(['1'], markRead)).rejects.toMatchObject({
        code,
      });
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
      const listing = session.list({ after: 0, limit: 1 });
      await session.close();
      await expect(listing).rejects.toMatchObject({ code: 'connection-lost' });
    });

    it('survives a server that says BYE while nothing is asked, and calls after the end', async () => {
      await start();
      let leave: () => void = () => {};
      server.on('SELECT', command => {
        leave = () => command.socket.end('* BYE idle for too long\r\n');
        command.proceed();
      });
      server.deliver('one');
      const left = await openInbox();
      leave();
      await server.hungUp();
      const closed = await openInbox();
      await closed.close();
      for (const session of [left, closed]) {
        await expect(session.fetch([ref(1)], limits)).rejects.toMatchObject({
          name: 'MailFailure',
        });
      }
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

      await expect(session.list({ after: 0, limit: 1 })).rejects.toMatchObject({
        code: 'connection-lost',
      });
    });
  });
});
