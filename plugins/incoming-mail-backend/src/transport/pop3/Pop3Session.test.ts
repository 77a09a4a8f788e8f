// SPDX-License-Identifier: Apache-2.0
import { createConnection } from 'node:net';
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { mailSessionContract } from '../../__testUtils__/mailSessionContract';
import {
  GOOD_PASSWORD,
  GOOD_TOKEN,
} from '../../__testUtils__/scriptedImapServer';
import {
  ScriptedPop3Command,
  ScriptedPop3Server,
  ScriptedPop3ServerOptions,
} from '../../__testUtils__/scriptedPop3Server';
import { selfSignedCertificate } from '../../__testUtils__/selfSignedCertificate';
import {
  cutAt,
  everyByte,
  writeInPieces,
} from '../../__testUtils__/writeInPieces';
import { createHostPolicy } from '../../egress';
import { Secret } from '../../secrets';
import { createOpenSession } from '../openSession';
import { SessionTimeouts } from '../sessionTimeouts';
import { MailSession, MessageRef, SessionCredentials } from '../types';
import { Pop3Connection } from './Pop3Connection';

const policy = createHostPolicy({ allowPrivate: ['127.0.0.1'] });
const token = {
  method: 'oauth',
  user: 'support@corp.test',
  accessToken: new Secret(GOOD_TOKEN),
} as const;
const password = {
  method: 'password',
  user: 'support@corp.test',
  password: new Secret(GOOD_PASSWORD),
} as const;
const certificate = selfSignedCertificate({ name: 'pop3.test' });
const lookup = async () => [{ address: '127.0.0.1' }];
const limits = { maxBytes: 1000, truncateBytes: 100 };
const KIB = 1024;

type Kind = [string, SessionCredentials, ScriptedPop3ServerOptions];
const KINDS: Kind[] = [
  ['XOAUTH2', token, {}],
  ['XOAUTH2 without CAPA', token, { capabilities: false }],
  ['AUTH PLAIN', password, {}],
  ['USER and PASS', password, { capabilities: ['TOP', 'UIDL'] }],
  ['USER and PASS without CAPA', password, { capabilities: false }],
  ['XOAUTH2 by TLS', token, { security: 'tls', certificate }],
  ['AUTH PLAIN by TLS', password, { security: 'tls', certificate }],
  ['everything in pieces of a byte (R19)', token, { cut: everyByte }],
];

describe.each(KINDS)('with %s', (_name, credentials, options) => {
  mailSessionContract('Pop3Session', async () => {
    const server = await new ScriptedPop3Server(options).start();
    return {
      openSession: createOpenSession({
        policy,
        lookup,
        ca: [certificate.cert],
        allowPlaintextLoopback: true,
      }),
      server: server.host(options.security === 'tls' ? 'pop3.test' : undefined),
      credentials,
      deliver: raw => server.deliver(raw),
      hungUp: () => server.hungUp(),
      stop: () => server.stop(),
    };
  });
});

interface Expected {
  readonly code: FailureCode;
  readonly detail?: string;
  readonly retryAfterMs?: number;
}

describe('Pop3Session', () => {
  let server: ScriptedPop3Server;
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

  async function start(options: ScriptedPop3ServerOptions = {}) {
    server = await new ScriptedPop3Server(options).start();
    return server;
  }

  async function connect(
    timeouts: Partial<SessionTimeouts> = {},
    who: SessionCredentials = token,
    signal = new AbortController().signal,
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

  async function openAndList(timeouts: Partial<SessionTimeouts> = {}) {
    const session = await openInbox(timeouts);
    return { session, refs: await session.list({ after: 0, limit: 100 }) };
  }

  const answer = (text: string) => (command: ScriptedPop3Command) =>
    command.write(`${text}\r\n`);

  const drip = ({ socket }: ScriptedPop3Command, before = '') => {
    socket.write(before);
    const timer = setInterval(() => socket.write('x'), 10);
    socket.on('close', () => clearInterval(timer));
  };

  const flood = (chunk: string) => (command: ScriptedPop3Command) => {
    command.write('+OK\r\n');
    const more = () => {
      while (!command.socket.destroyed && command.socket.write(chunk));
    };
    command.socket.on('drain', more);
    more();
  };

  describe('while it connects', () => {
    it.each<[string, ScriptedPop3ServerOptions, Expected]>([
      ['no greeting', { greeting: false }, { code: 'connection-timed-out' }],
      [
        'another protocol',
        { greeting: '220 smtp ready' },
        { code: 'protocol-error' },
      ],
      [
        '-ERR busy',
        { greeting: '-ERR busy' },
        { code: 'server-unavailable', detail: 'busy' },
      ],
      [
        'a greeting without end',
        { greeting: `+OK ${'x'.repeat(70_000)}` },
        { code: 'protocol-error' },
      ],
      [
        'no OAuth',
        { capabilities: ['SASL PLAIN'] },
        { code: 'protocol-error', detail: 'The server does not offer XOAUTH2' },
      ],
    ])('ends with %s', async (_name, options, expected) => {
      await start(options);
      await expect(connect({ greetingMs: 100 })).rejects.toMatchObject({
        name: 'MailFailure',
        ...expected,
      });
      expect(server.commands).not.toContain('AUTH');
    });

    it('says that nothing listens', async () => {
      await start();
      const gone = await new ScriptedPop3Server().start();
      const host = gone.host();
      await gone.stop();
      const opening = createOpenSession({
        policy,
        allowPlaintextLoopback: true,
      })({
        server: host,
        credentials: token,
        signal: new AbortController().signal,
      });
      await expect(opening).rejects.toMatchObject({
        code: 'connection-refused',
      });
    });

    it.each<[string, SessionCredentials, string, Expected]>([
      [
        'AUTH+',
        token,
        '-ERR [AUTH] no',
        { code: 'login-refused', detail: 'no' },
      ],
      [
        'AUTH+',
        token,
        '-ERR Authentication failure',
        { code: 'login-refused', detail: 'Authentication failure' },
      ],
      [
        'AUTH+',
        token,
        '-ERR [SYS/PERM] not enabled for POP',
        { code: 'login-refused', detail: 'not enabled for POP' },
      ],
      [
        'PASS',
        password,
        '-ERR [IN-USE] locked',
        { code: 'server-unavailable', detail: 'locked', retryAfterMs: 60_000 },
      ],
      [
        'PASS',
        password,
        '-ERR maildrop already locked',
        { code: 'server-unavailable', detail: 'maildrop already locked' },
      ],
      [
        'AUTH',
        token,
        '-ERR [IN-USE] locked',
        { code: 'server-unavailable', detail: 'locked', retryAfterMs: 60_000 },
      ],
      [
        'AUTH+',
        token,
        '-ERR [SYS/TEMP] later',
        { code: 'server-unavailable', detail: 'later', retryAfterMs: 60_000 },
      ],
      [
        'AUTH+',
        token,
        '-ERR [LOGIN-DELAY] too soon',
        { code: 'throttled', detail: 'too soon', retryAfterMs: 900_000 },
      ],
      [
        'AUTH',
        token,
        '-ERR unknown',
        {
          code: 'protocol-error',
          detail: 'The server takes no such login: unknown',
        },
      ],
      [
        'AUTH+',
        token,
        `-ERR what is ${GOOD_TOKEN}?`,
        { code: 'login-refused', detail: 'what is [secret]?' },
      ],
      [
        'PASS',
        password,
        `-ERR what is ${GOOD_PASSWORD}?`,
        { code: 'login-refused', detail: 'what is [secret]?' },
      ],
    ])(
      'R18: reads %s by %j answered with %s',
      async (name, who, line, expected) => {
        const sasl = who === token ? ['SASL XOAUTH2'] : [];
        await start({ capabilities: [...sasl, 'LOGIN-DELAY 900'] });
        server.on(name, answer(line));

        const failure = await connect({}, who).catch(error => error);
        expect(failure).toMatchObject({
          retryAfterMs: undefined,
          ...expected,
        });
        const everything = JSON.stringify(
          Object.getOwnPropertyNames(failure).map(key => String(failure[key])),
        );
        expect(everything).not.toContain('AUTH XOAUTH2');
        expect(everything).not.toContain('PASS ');
      },
    );

    it('sends a secret in a line of its own, once it is asked for', async () => {
      await start();
      server.on('AUTH', answer('-ERR [AUTH] not like this'));
      await expect(connect()).rejects.toMatchObject({ code: 'login-refused' });
      expect(server.received).toEqual(['CAPA', 'AUTH XOAUTH2']);

      server.off('AUTH');
      await connect();
      expect(server.received.slice(2, 4)).toEqual(['CAPA', 'AUTH XOAUTH2']);
      expect(Buffer.from(server.received[4], 'base64').toString()).toBe(
        `user=support@corp.test\x01auth=Bearer ${GOOD_TOKEN}\x01\x01`,
      );
    });

    it('answers the challenge that tells of a refusal with an empty line', async () => {
      await start();
      const stale = { ...token, accessToken: new Secret('stale') };
      await expect(connect({}, stale)).rejects.toMatchObject({
        code: 'login-refused',
        detail: 'refused',
      });
      expect(server.received.slice(3)).toEqual(['']);
    });

    it('puts nothing on the wire that could be read as something else (T55)', async () => {
      await start();
      for (const who of [
        { ...token, user: 'a\x01auth=Bearer x' },
        { ...password, user: 'a\r\nDELE 1' },
        { ...password, password: new Secret('a\r\nDELE 1') },
        { ...password, password: new Secret('a\0b') },
      ]) {
        await expect(connect({}, who)).rejects.toMatchObject({
          code: 'login-refused',
        });
      }
      expect(server.connectionCount).toBe(0);
      await connect({}, password);
      expect(server.connectionCount).toBe(1);
    });

    it('stops a login that is dripped on, and one that is aborted', async () => {
      await start();
      server.on('AUTH', command => drip(command, '+OK'));
      await expect(connect({ signInMs: 100 })).rejects.toMatchObject({
        code: 'connection-timed-out',
      });

      const controller = new AbortController();
      server.on('AUTH', () => controller.abort());
      await expect(connect({}, token, controller.signal)).rejects.toMatchObject(
        { code: 'connection-lost' },
      );
    });

    it('tells how far it came', async () => {
      await start({ security: 'tls', certificate });
      const open = async (ca: string[], who: SessionCredentials = token) => {
        const stages: string[] = [];
        await createOpenSession({
          policy,
          lookup,
          ca,
          allowPlaintextLoopback: false,
        })({
          server: server.host('pop3.test'),
          credentials: who,
          signal: new AbortController().signal,
          onStage: stage => stages.push(stage),
        }).then(
          session => session.close(),
          error => stages.push(error.code),
        );
        return stages;
      };
      const secured = ['resolved', 'connected', 'secured'];
      expect(await open([certificate.cert])).toEqual([...secured, 'signed-in']);
      const stale = { ...token, accessToken: new Secret('stale') };
      expect(await open([certificate.cert], stale)).toEqual([
        ...secured,
        'login-refused',
      ]);
      // Nobody vouches for the certificate (T24): nothing was shown.
      const before = server.received.length;
      expect(await open([])).toEqual(['resolved', 'connected', 'tls-failed']);
      expect(server.received).toHaveLength(before);
    });
  });

  describe('while it lists', () => {
    it.each<[string, string[]]>([
      ['number 0', ['0 12']],
      ['a negative number', ['-1 12']],
      ['2^64', ['18446744073709551616 12']],
      ['a negative size', ['1 -5']],
      ['no size', ['1']],
      ['a number twice', ['1 12', '1 12']],
      ['words', ['one twelve']],
    ])('refuses %s (T56)', async (_name, lines) => {
      await start();
      server.on('LIST', answer(`+OK\r\n${lines.join('\r\n')}\r\n.`));
      await expect(openInbox()).rejects.toMatchObject({
        code: 'protocol-error',
      });
      server.on('LIST', answer('+OK\r\n7 12 more\r\n3 4000000000\r\n.'));
      server.on('UIDL', answer('+OK\r\n3 a\r\n7 b\r\n9 c\r\n.'));
      expect((await openAndList()).refs).toEqual([
        { position: 3, sizeBytes: 4_000_000_000, sourceKey: 'uidl:a#1' },
        { position: 7, sizeBytes: 12, sourceKey: 'uidl:b#1' },
      ]);
    });

    it('ends a line and a flood that never end (T56)', async () => {
      await start();
      for (const chunk of ['1'.repeat(KIB * KIB), '1 1\r\n'.repeat(100_000)]) {
        server.on('LIST', flood(chunk));
        await expect(openInbox()).rejects.toMatchObject({
          code: 'protocol-error',
        });
      }
    });

    it('numbers copies that have one name (R17)', async () => {
      await start();
      for (const uidl of ['a', 'b', 'a', 'a']) {
        server.deliver('x\r\n', { uidl });
      }
      const { refs } = await openAndList();
      expect(refs.map(({ sourceKey }) => sourceKey)).toEqual([
        'uidl:a#1',
        'uidl:b#1',
        'uidl:a#2',
        'uidl:a#3',
      ]);
    });

    it('keeps names within bounds that a server makes up', async () => {
      await start();
      server.deliver('x\r\n', { uidl: 'x'.repeat(5000) });
      server.deliver('x\r\n', { uidl: 'with blanks and \u00fc' });
      const keys = (await openAndList()).refs.map(ref => ref.sourceKey);
      expect(new Set(keys).size).toBe(2);
      for (const key of keys) {
        expect(key).toMatch(/^uidl:~[\w-]{43}#1$/);
      }
    });

    it('names mails by their headers where the server has no names (R16)', async () => {
      await start();
      const mail = (subject: string) => `Subject: ${subject}\r\n\r\nbody\r\n`;
      server.deliver(mail('one'));
      server.deliver(mail('two'));
      server.deliver(mail('one'));
      server.hasUidl = false;
      const keysOf = (refs: MessageRef[]) => refs.map(ref => ref.sourceKey);

      const session = await connect();
      expect(await session.open('INBOX')).toMatchObject({ keyedBy: 'digest' });
      const refs = await session.list({ after: 0, limit: 100 });
      expect(keysOf(refs)).toEqual([
        `head:${refs[0].headDigest}#1`,
        `head:${refs[1].headDigest}#1`,
        `head:${refs[0].headDigest}#2`,
      ]);
      expect(await session.list({ after: 1, limit: 1 })).toEqual([refs[1]]);
      expect(server.commands.filter(name => name === 'TOP')).toHaveLength(3);
      expect(server.commands).not.toContain('RETR');
      expect(
        await session.settle([refs[1].sourceKey], { action: 'delete' }),
      ).toEqual({ done: [] });
      await session.close({ stored: true });

      // Also without TOP, and under other circumstances, they are the same.
      server.hasTop = false;
      const later = (await openAndList()).refs;
      expect(keysOf(later)).toEqual([keysOf(refs)[0], keysOf(refs)[2]]);
      expect(server.commands).toContain('RETR');
    });
  });

  describe('while it fetches', () => {
    it('reads a mail byte for byte, wherever its answer is cut (R19)', async () => {
      const raw = 'Subject: t\r\n\r\n.Hello.\r\n.\r\n\xfc bye\r\n';
      const wire = `+OK\r\n${raw.replace(/\r\n\./g, '\r\n..')}.\r\n`;
      let at = 0;
      await start();
      server.deliver(Buffer.from(raw, 'latin1'));
      server.on('RETR', ({ socket }) =>
        writeInPieces(socket, Buffer.from(wire, 'latin1'), cutAt(at)),
      );
      const { session, refs } = await openAndList();
      for (; at <= wire.length; at += 1) {
        const { messages } = await session.fetch(refs, limits);
        expect(messages[0].raw.toString('latin1')).toBe(raw);
      }
    });

    it.each<[string, (command: ScriptedPop3Command) => void, Expected]>([
      [
        'a reset',
        ({ socket, write }) => {
          write('+OK\r\nhalf of it');
          setImmediate(() => socket.resetAndDestroy());
        },
        { code: 'connection-lost' },
      ],
      [
        'the end of the connection (R20)',
        ({ socket }) => socket.end('+OK\r\nhalf of it\r\n'),
        { code: 'connection-lost' },
      ],
      [
        'silence',
        ({ write }) => write('+OK\r\nhalf'),
        { code: 'connection-timed-out' },
      ],
      ['no answer', () => {}, { code: 'connection-timed-out' }],
      [
        'dripping (R21)',
        c => drip(c, '+OK\r\n'),
        { code: 'connection-timed-out' },
      ],
      ['garbage', answer('what?'), { code: 'protocol-error' }],
      [
        'a server that is out of order',
        answer('-ERR [SYS/TEMP] later'),
        { code: 'server-unavailable', detail: 'later' },
      ],
      [
        'a busy server',
        answer('-ERR mailbox temporarily unavailable'),
        {
          code: 'server-unavailable',
          detail: 'mailbox temporarily unavailable',
        },
      ],
    ])('ends with %s', async (_name, script, expected) => {
      await start();
      server.deliver('one\r\n');
      server.on('RETR', script);
      const { session, refs } = await openAndList({
        commandMs: 300,
        inactivityMs: 150,
      });
      await expect(session.fetch(refs, limits)).rejects.toMatchObject({
        name: 'MailFailure',
        ...expected,
      });
      await session.close({ stored: false });
      expect(server.commands).not.toContain('QUIT');
    });

    it('gives what came before the connection broke, and nothing of the rest (R20)', async () => {
      await start();
      const raws = ['one\r\n', 'two\r\n', 'three\r\n'];
      raws.forEach(raw => server.deliver(raw));
      server.on('RETR', command =>
        command.args === '2'
          ? command.socket.end('+OK\r\ntw')
          : command.proceed(),
      );
      const { session, refs } = await openAndList();
      const { messages, refused } = await session.fetch(refs, limits);
      expect(messages.map(({ raw }) => raw.toString())).toEqual(['one\r\n']);
      expect(refused).toEqual([]);
      await expect(session.fetch(refs, limits)).rejects.toMatchObject({
        code: 'connection-lost',
      });
      await expect(session.list({ after: 0, limit: 1 })).rejects.toMatchObject({
        code: 'connection-lost',
      });
      await session.close({ stored: true });
      expect(server.commands).not.toContain('QUIT');
    });

    it('tells a mail that the server refuses from the others (P63)', async () => {
      await start();
      ['one\r\n', 'two\r\n', 'three\r\n'].forEach(raw => server.deliver(raw));
      server.on('RETR', command =>
        command.args === '2'
          ? command.write('-ERR could not be read\r\n')
          : command.proceed(),
      );
      const { session, refs } = await openAndList();
      const { messages, refused } = await session.fetch(refs, limits);
      expect(messages.map(({ ref }) => ref)).toEqual([refs[0], refs[2]]);
      expect(refused).toEqual([refs[1]]);
    });

    it('believes what comes, not the announced size, and cuts what has no end (T50)', async () => {
      await start();
      server.deliver(`${'x'.repeat(5000)}\r\n`, { announcedBytes: 10 });
      server.deliver('small\r\n', { announcedBytes: 4_000_000_000 });
      server.deliver('after\r\n');
      const { session, refs } = await openAndList();
      const { messages } = await session.fetch(refs, limits);
      expect(messages.map(m => [m.raw.length, m.truncated])).toEqual([
        [100, true],
        [7, true],
        [7, false],
      ]);

      server.on('RETR', flood('y'.repeat(KIB)));
      const endless = await session.fetch(refs.slice(2), limits);
      expect(endless.messages).toMatchObject([{ truncated: true }]);
      expect(endless.messages[0].raw).toHaveLength(100);
      await expect(session.fetch(refs, limits)).rejects.toMatchObject({
        code: 'protocol-error',
      });
    });

    it('leaves the rest for later when a batch is far larger than announced', async () => {
      await start();
      for (let n = 0; n < 50; n += 1) {
        server.deliver(`${'x'.repeat(60 * KIB)}\r\n`, { announcedBytes: 10 });
      }
      const { session, refs } = await openAndList();
      const bounds = { maxBytes: 64 * KIB, truncateBytes: KIB };
      const { messages, refused } = await session.fetch(refs, bounds);
      expect(messages.length).toBeLessThan(5);
      expect(messages.length + refused.length).toBeGreaterThan(0);
    });

    it('keeps nothing of a large mail where the server knows no TOP', async () => {
      await start();
      server.hasTop = false;
      server.deliver(`${'x'.repeat(5000)}\r\n`);
      const { session, refs } = await openAndList();
      const { messages } = await session.fetch(refs, limits);
      expect(messages).toMatchObject([{ truncated: true }]);
      expect(messages[0].raw).toHaveLength(0);
    });
  });

  describe('while it ends', () => {
    it('ends well only if all that was fetched is stored (R3)', async () => {
      await start();
      server.deliver('one\r\n', { uidl: 'one' });
      const visit = async (stored: boolean) => {
        const { session, refs } = await openAndList();
        await session.fetch(refs, limits);
        await session.settle(['uidl:one#1'], { action: 'delete' });
        await session.close({ stored });
        await server.hungUp();
        return server.mails.length;
      };
      expect(await visit(false)).toBe(1);
      expect(server.delivered).toEqual([]);
      expect(await visit(true)).toBe(0);
      expect(server.delivered).toEqual(['one']);
    });

    it('ends well where nothing was fetched, whoever closes it', async () => {
      await start();
      server.deliver('one\r\n');
      const { session, refs } = await openAndList();
      await session.digestHeads!(refs);
      await session.close();
      expect(server.commands).toContain('QUIT');
    });

    it('says that mail is not deleted, and goes on (R46)', async () => {
      await start();
      server.deliver('one\r\n', { uidl: 'one' });
      server.on('DELE', answer('-ERR not yours'));
      const { session, refs } = await openAndList();
      const remove = { action: 'delete' } as const;
      const keys = ['uidl:one#1', 'uidl:gone#1'];
      expect(await session.settle(keys, remove)).toEqual({
        done: ['uidl:gone#1'],
        refusal: 'refused',
      });
      expect((await session.fetch(refs, limits)).messages).toHaveLength(1);
    });

    it('does not wait for an answer to QUIT, nor for a stuck command', async () => {
      await start();
      server.on('QUIT', () => {});
      await (await openInbox()).close({ stored: true });

      server.on('LIST', () => {});
      const session = await connect();
      const opening = session.open('INBOX');
      await session.close();
      await expect(opening).rejects.toMatchObject({ code: 'connection-lost' });
    });

    it.each<
      [string, (socket: ScriptedPop3Command['socket']) => void, Expected]
    >([
      ['a reset', s => s.resetAndDestroy(), { code: 'connection-lost' }],
      ['the end', s => s.end(), { code: 'connection-lost' }],
      [
        'a reason and the end',
        s => s.end('-ERR idle for too long\r\n'),
        { code: 'server-unavailable', detail: 'idle for too long' },
      ],
      [
        'what nobody asked for',
        s => s.write('+OK 3 more\r\n'),
        { code: 'protocol-error' },
      ],
    ])('survives %s of an idle connection', async (_name, end, expected) => {
      await start();
      let idle: () => void = () => {};
      server.on('UIDL', command => {
        command.proceed();
        idle = () => end(command.socket);
      });
      server.deliver('one\r\n');
      const { session, refs } = await openAndList();
      idle();
      await server.hungUp();
      await expect(session.fetch(refs, limits)).rejects.toMatchObject(expected);
    });
  });
});

describe('Pop3Connection', () => {
  it('sends a command when the answer to the one before is whole', async () => {
    const server = await new ScriptedPop3Server({ cut: everyByte }).start();
    server.deliver('first\r\n');
    server.deliver('second\r\n');
    const { host, port } = server.host();
    const connection = new Pop3Connection(createConnection({ host, port }), {
      inactivityMs: 5000,
    });
    const multiline = { multiline: true };
    const [greeting, first, refused, second] = await Promise.all([
      connection.greeting(),
      connection.send('RETR 1', multiline),
      connection.send('RETR 9', multiline),
      connection.send('RETR 2', multiline),
    ]);
    expect(greeting.text).toBe('ready');
    expect(first.body.toString()).toBe('first\r\n');
    expect(refused).toMatchObject({ status: 'error', text: 'no such message' });
    expect(second.body.toString()).toBe('second\r\n');

    const pending = [
      connection.send('RETR 1', multiline),
      connection.send('RETR 2'),
    ];
    connection.destroy();
    for (const one of pending) {
      await expect(one).rejects.toMatchObject({ kind: 'abandoned' });
    }
    await expect(connection.send('NOOP')).rejects.toMatchObject({
      kind: 'abandoned',
    });
    await server.hungUp();
    await server.stop();
  });
});
